// Starts `unlisten lsp` and stays out of its way: everything else is in the server.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { commands, type ExtensionContext, window, workspace } from 'vscode';
import { type Executable, LanguageClient, type LanguageClientOptions } from 'vscode-languageclient/node';

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  context.subscriptions.push(
    commands.registerCommand('unlisten.restart', restart),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('unlisten.path')) void restart();
    }),
    workspace.onDidGrantWorkspaceTrust(() => void restart()),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function restart(): Promise<void> {
  const old = client;
  client = undefined;
  await old?.dispose();
  await start();
}

async function start(): Promise<void> {
  const server: Executable = { command: command(), args: ['lsp'] };
  const languages = ['javascript', 'javascriptreact', 'typescript', 'typescriptreact', 'vue', 'svelte'];
  const options: LanguageClientOptions = {
    documentSelector: languages.map((language) => ({ scheme: 'file', language })),
  };
  client = new LanguageClient('unlisten', 'unlisten', server, options);
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    void window.showErrorMessage(`${server.command} does not start (${String(error)}). Install unlisten, or set "unlisten.path".`);
  }
}

/** What the settings name, else what the project has installed, else what the PATH has. */
function command(): string {
  // A project's own program runs only where the project is trusted.
  if (!workspace.isTrusted) return 'unlisten';
  const set = workspace.getConfiguration('unlisten').get<string>('path', '');
  if (set) return set;
  const name = process.platform === 'win32' ? 'unlisten.cmd' : 'unlisten';
  const folders = workspace.workspaceFolders ?? [];
  const installed = folders.map((folder) => join(folder.uri.fsPath, 'node_modules', '.bin', name));
  return installed.find((path) => existsSync(path)) ?? 'unlisten';
}
