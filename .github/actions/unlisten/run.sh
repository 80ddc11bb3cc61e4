#!/usr/bin/env bash
# The steps of action.yml: `run.sh sources|install|check`. Works with Bash 3.2, which macOS has.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
built="$HOME/.cache/unlisten-action"
program=${UNLISTEN:-$built/bin/unlisten}

case "$1" in
  sources)
    # What the program is built of, as one hash.
    hash=$(cd "$root" && find Cargo.toml Cargo.lock src rules -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | git hash-object --stdin)
    echo "hash=$hash" >> "$GITHUB_OUTPUT"
    ;;
  install)
    cargo install --locked --root "$built" --path "$root"
    ;;
  check)
    options=()
    while IFS= read -r line; do
      [ -z "$line" ] || options+=("$line")
    done <<< "$INPUT_ARGS"
    [ -z "$INPUT_BASELINE" ] || options+=("--baseline=$INPUT_BASELINE")
    [ -z "$INPUT_CHANGED_SINCE" ] || options+=("--changed-since=$INPUT_CHANGED_SINCE")
    options+=(--)
    while IFS= read -r line; do
      [ -z "$line" ] || options+=("$line")
    done <<< "$INPUT_PATHS"
    summary="${RUNNER_TEMP:-/tmp}/unlisten.txt"
    rm -f "$INPUT_SARIF_FILE" "$summary"
    code=0
    "$program" check --format=github "--format=sarif=$INPUT_SARIF_FILE" "--format=pretty=$summary" "${options[@]}" || code=$?
    if [ -f "$summary" ]; then
      # A summary may have one megabyte.
      { echo '```text'; head -c 900000 "$summary"; echo '```'; } >> "$GITHUB_STEP_SUMMARY"
    fi
    if [ -f "$INPUT_SARIF_FILE" ]; then
      case "$INPUT_SARIF_FILE" in
        /*) echo "sarif=$INPUT_SARIF_FILE" ;;
        *) echo "sarif=$PWD/$INPUT_SARIF_FILE" ;;
      esac >> "$GITHUB_OUTPUT"
    fi
    echo "exit-code=$code" >> "$GITHUB_OUTPUT"
    ;;
  *)
    echo "run.sh: expected sources, install or check, not $1" >&2
    exit 2
    ;;
esac
