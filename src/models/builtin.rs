//! The packs that come with the program, compiled in.

use super::{Models, Pack};
use std::sync::LazyLock;

/// `(file name, text)` of each named pack in `rules/models`.
macro_rules! packs {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!($name, ".toml"),
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/rules/models/", $name, ".toml")),
        )),*]
    };
}

/// Every file of `rules/models`, by file name; a test holds the list to the folder.
pub const BUILTIN: &[(&str, &str)] = packs![
    "amqplib",
    "angular",
    "apollo",
    "async",
    "aws-sdk",
    "axios",
    "azure",
    "bull",
    "bullmq",
    "chokidar",
    "d3",
    "dom",
    "ecmascript",
    "electron",
    "emittery",
    "eventemitter3",
    "events",
    "express",
    "fastify",
    "find-my-way",
    "firebase",
    "generic-pool",
    "google-cloud",
    "got",
    "graphql-subscriptions",
    "hapi",
    "history",
    "hono",
    "http",
    "http2",
    "ioredis",
    "jquery",
    "kafkajs",
    "knex",
    "koa",
    "koa-router",
    "lit",
    "lodash",
    "mitt",
    "mongodb",
    "mongoose",
    "mysql2",
    "nanoevents",
    "nest",
    "net",
    "next",
    "node-fetch",
    "pg",
    "piscina",
    "playwright",
    "prisma",
    "processes",
    "puppeteer",
    "react",
    "redis",
    "redux",
    "remix",
    "restify",
    "rxjs",
    "socket.io",
    "socket.io-client",
    "solid",
    "stream",
    "svelte",
    "sveltekit",
    "trpc",
    "typeorm",
    "undici",
    "vscode",
    "vue",
    "web",
    "webextension",
    "workerpool",
    "ws"
];

static MODELS: LazyLock<Models> = LazyLock::new(|| {
    let packs = BUILTIN.iter().map(|(name, text)| Pack::parse(name, text));
    let models = packs.collect::<Result<Vec<_>, _>>().map_err(|error| vec![error]).and_then(Models::new);
    // The packs are part of the program and a test loads them: a fault in them is a fault of the build.
    models.unwrap_or_else(|errors| panic!("{}", errors[0]))
});

impl Models {
    /// The packs that come with the program.
    pub fn builtin() -> &'static Models {
        &MODELS
    }
}
