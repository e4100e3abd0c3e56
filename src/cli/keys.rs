//! `drydock keys`: makes, lists, revokes and rotates the keys that `drydock serve --keys` asks for.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Failure;
use super::report::{print_json, table};
use crate::server::keys::{self, NewKey, Pair};

/// Arguments of `drydock keys`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  drydock keys new keys.toml --name class --requests-per-minute 600\n  \
    drydock keys new keys.toml --name teacher --may predict,jobs,admin\n  drydock keys list keys.toml\n  \
    drydock keys rotate keys.toml class\n  drydock keys revoke keys.toml class\n\n\
    A publishable key (pk_…) may be handed to clients and may only predict. The server maps it to its entry, whose secret key\n\
    (sk_…) may do what `--may` says. A secret is shown once, when it is made; the file keeps its SHA-256. A running server\n\
    follows the file.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key, and the file if need be
    New {
        /// The key file
        file: PathBuf,
        /// What the key is called in logs
        #[arg(long, default_value = "default")]
        name: String,
        /// What the secret key may: predict, jobs, admin (everything)
        #[arg(long, value_name = "SCOPES", value_delimiter = ',', default_value = "predict,jobs", value_parser = ["predict", "jobs", "admin"])]
        may: Vec<String>,
        /// The models it is for (default: all)
        #[arg(long, value_name = "MODELS", value_delimiter = ',')]
        models: Vec<String>,
        /// Requests it may make in a minute (default: no limit)
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        requests_per_minute: Option<u32>,
        /// Keep the secret itself in the file, not only its SHA-256
        #[arg(long)]
        keep_secret: bool,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// List the keys, without their secrets
    List {
        /// The key file
        file: PathBuf,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Make a key open nothing any more
    Revoke {
        /// The key file
        file: PathBuf,
        /// The key's name
        name: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Give a key new values; the old ones open nothing any more
    Rotate {
        /// The key file
        file: PathBuf,
        /// The key's name
        name: String,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.action {
        Action::New { file, name, may, models, requests_per_minute, keep_secret, json } => {
            let new = NewKey {
                name: name.clone(),
                may: may.clone(),
                models: models.clone(),
                requests_per_minute: *requests_per_minute,
                keep_secret: *keep_secret,
            };
            show(&keys::new_key(file, &new).map_err(Failure::work)?, *json);
        }
        Action::List { file, json } => list(&keys::read(file).map_err(Failure::work)?, *json),
        Action::Revoke { file, name, json } => {
            keys::revoke(file, name).map_err(Failure::work)?;
            if *json {
                print_json(&json!({"name": name, "revoked": true}));
            } else {
                outln!("the key '{name}' opens nothing any more");
            }
        }
        Action::Rotate { file, name, json } => {
            show(&keys::rotate(file, name).map_err(Failure::work)?, *json);
        }
    }
    Ok(())
}

fn show(pair: &Pair, json: bool) {
    if json {
        print_json(&json!({"name": pair.name, "publishable": pair.publishable, "secret": pair.secret}));
        return;
    }
    outln!("name         {}", pair.name);
    outln!("publishable  {}", pair.publishable);
    outln!("secret       {}", pair.secret);
    eprintln!("note: the secret is shown this once; keep it where only you can read it");
}

fn list(entries: &[keys::Entry], json: bool) {
    if json {
        let keys: Vec<Value> = entries
            .iter()
            .map(|entry| {
                json!({
                    "name": entry.name,
                    "publishable": entry.publishable,
                    "may": entry.may,
                    "models": entry.models,
                    "requests_per_minute": entry.requests_per_minute,
                    "revoked": entry.revoked,
                })
            })
            .collect();
        print_json(&json!({"keys": keys}));
        return;
    }
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|entry| {
            vec![
                entry.name.clone(),
                entry.publishable.clone().unwrap_or_else(|| "-".into()),
                entry.may.join(", "),
                entry.models.as_ref().map_or_else(|| "all".into(), |models| models.join(", ")),
                entry.requests_per_minute.map_or_else(|| "no limit".into(), |limit| limit.to_string()),
                if entry.revoked { "revoked" } else { "in force" }.to_owned(),
            ]
        })
        .collect();
    let header = ["name", "publishable", "the secret may", "models", "per minute", ""];
    out!("{}", table(&header, &rows, &[false, false, false, false, true, false]));
}
