//! The calls of CLI.md. No argument holds a secret: passphrases, tokens and codes come from files or standard input.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{pack_commands::PackCommand, vault_arguments::VaultCommand};

/// Anteroom without a window: JSON on standard output, messages for people on standard error.
#[derive(Debug, Parser)]
#[command(name = "anteroom-cli", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// An existing vault and what opens it.
#[derive(Debug, Clone, Args)]
pub(crate) struct VaultArguments {
    /// The folder of the vault.
    #[arg(long, value_name = "DIR")]
    pub(crate) vault: PathBuf,
    /// File with the passphrase; `-` is standard input. One trailing newline is dropped.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: PathBuf,
    /// A policy file in place of the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge messages: NDJSON {"id","text","lang"?} on standard input.
    Triage {
        /// Judge labelled messages and print sensitivity, specificity and the misses.
        #[arg(long)]
        evaluate: bool,
        /// Add a clinic's own rules from this folder.
        #[arg(long, value_name = "DIR")]
        lexicon: Option<PathBuf>,
    },
    /// Availability hours.
    #[command(subcommand)]
    Hours(HoursCommand),
    /// Responses, checklists and crisis lines.
    #[command(subcommand)]
    Guidelines(GuidelinesCommand),
    /// The encrypted database of one clinician.
    #[command(subcommand)]
    Vault(VaultCommand),
    /// A clinic's own words and switches, and what is said of rules.
    #[command(subcommand)]
    Lexicon(LexiconCommand),
    /// Connect a vault to its portal.
    Login(LoginArguments),
    /// Sign out: the portal is told, the sign-in is forgotten, messages stay.
    Logout(VaultArguments),
    /// Fetch what is new and send what is due.
    Sync {
        #[command(flatten)]
        vault: VaultArguments,
        /// Also reconcile all ids with the portal.
        #[arg(long)]
        full: bool,
    },
    /// Acknowledge messages that came while the clinic is closed; again and again until it is stopped.
    Responder {
        #[command(flatten)]
        vault: VaultArguments,
        /// Once, then end.
        #[arg(long)]
        once: bool,
    },
    /// What the patient of a thread was promised while the clinic was closed.
    Promises {
        #[command(flatten)]
        vault: VaultArguments,
        /// Our id or the portal's.
        id: String,
    },
    /// List threads.
    Threads {
        #[command(flatten)]
        vault: VaultArguments,
        /// One of the views, for example needs-attention.
        #[arg(long, value_name = "NAME")]
        view: Option<String>,
    },
    /// Show a thread with its messages.
    Thread {
        #[command(flatten)]
        vault: VaultArguments,
        /// Our id or the portal's.
        id: String,
    },
    /// Write an attachment to a file; it is fetched from the portal where the vault does not have it yet.
    Attachment {
        #[command(flatten)]
        vault: VaultArguments,
        /// A message (our id or the portal's), or a thread by its portal id.
        id: String,
        /// Which, from 1.
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        n: u32,
        /// The file to be made; one that is there is not changed.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Also one of a sensitive thread.
        #[arg(long)]
        include_sensitive: bool,
    },
    /// Mark a thread as not for other eyes: lists show neither name nor words of it until they are asked for.
    Sensitive {
        #[command(flatten)]
        vault: VaultArguments,
        /// The thread: our id or the portal's.
        thread: String,
        /// Take the mark away.
        #[arg(long)]
        off: bool,
    },
    /// Queue a reply; the next sync sends it.
    Reply(ReplyArguments),
    /// Queue the first message of a new thread.
    Send {
        #[command(flatten)]
        vault: VaultArguments,
        /// The patient: our id or the portal's.
        #[arg(long, value_name = "ID")]
        patient: String,
        /// File with the topic.
        #[arg(long, value_name = "FILE")]
        topic_file: PathBuf,
        /// File with the text; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        text_file: PathBuf,
    },
    /// List the outbox, or decide about an entry that was stopped.
    Outbox(OutboxArguments),
    /// Search all messages.
    Search {
        #[command(flatten)]
        vault: VaultArguments,
        /// What to look for.
        query: String,
        /// At most so many hits.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// List what could not be read.
    Quarantine {
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// The work that an urgent or emergency flag opens.
    #[command(subcommand)]
    Case(CaseCommand),
    /// Take a thread, so that colleagues see who has it; the next sync tells the portal.
    Claim {
        #[command(flatten)]
        vault: VaultArguments,
        /// The thread: our id or the portal's.
        thread: String,
        /// Also from the colleague who has it.
        #[arg(long)]
        take_over: bool,
    },
    /// Give a thread back.
    Release {
        #[command(flatten)]
        vault: VaultArguments,
        /// The thread: our id or the portal's.
        thread: String,
    },
    /// Say that a thread's work is done.
    Done {
        #[command(flatten)]
        vault: VaultArguments,
        /// The thread: our id or the portal's.
        thread: String,
    },
    /// Hand a thread over: the colleague can read it too, where the portal allows that.
    Handover(HandoverArguments),
    /// Follow an absent colleague's threads on some days, where the portal permits that.
    #[command(subcommand)]
    Cover(CoverCommand),
    /// Redacted diagnostics of keyring, vault, portal, clock and notifications.
    Doctor {
        /// The folder of the vault.
        #[arg(long, value_name = "DIR")]
        vault: Option<PathBuf>,
        /// File with the passphrase; without it the vault stays closed.
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
        /// A policy file in place of the system's.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
    /// What a clinical lead signs for the clinic.
    #[command(subcommand)]
    Pack(PackCommand),
    /// Check the clinic's policy file.
    Policy {
        /// The file; the system's without it.
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum HoursCommand {
    /// Validate an availability file.
    Check {
        /// The availability file (JSON).
        file: PathBuf,
    },
    /// Say of each NDJSON {"id","sent"} on standard input whether it was after hours.
    Classify {
        /// The availability file (JSON).
        file: PathBuf,
    },
    /// Store an availability file in a vault and judge its messages by it; nothing is kept of a file that is not valid.
    Load {
        #[command(flatten)]
        vault: VaultArguments,
        /// The availability file (JSON); `-` is standard input.
        file: PathBuf,
    },
    /// Print the availability file in force in a vault.
    Show {
        #[command(flatten)]
        vault: VaultArguments,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum GuidelinesCommand {
    /// Validate the built-in content, or that of a folder.
    Check {
        /// Folder with guidelines and crisis lines.
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum LexiconCommand {
    /// Print the words and switches in force.
    Show {
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Save words and switches as the next version; nothing is kept of a file that is not valid.
    Set {
        #[command(flatten)]
        vault: VaultArguments,
        /// The words and switches (JSON); `-` is standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
    /// Judge the stored messages by the rules in force, where they are not yet.
    Retriage {
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Print what was said of rules, without texts and ids of patients; names that the vault knows are masked. Read it
    /// before you pass it on.
    Feedback {
        #[command(flatten)]
        vault: VaultArguments,
        /// Also the wordings about messages of sensitive threads.
        #[arg(long)]
        include_sensitive: bool,
    },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("credential").required(true))]
pub(crate) struct LoginArguments {
    #[command(flatten)]
    pub(crate) vault: VaultArguments,
    /// Base address of the portal's FHIR interface.
    #[arg(long, value_name = "URL")]
    pub(crate) portal: String,
    /// The clinician, as Practitioner/ID; may be left out where the sign-in or the token names her (`fhirUser`).
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) practitioner: Option<String>,
    /// File with a bearer token.
    #[arg(long, value_name = "FILE", group = "credential")]
    pub(crate) token_file: Option<PathBuf>,
    /// Client of a clinic's own backend (client credentials).
    #[arg(long, value_name = "ID", group = "credential")]
    pub(crate) client_id: Option<String>,
    /// File with the client's secret; without it the secret is empty (RFC 6749, 2.3.1).
    #[arg(long, value_name = "FILE", requires = "client_id")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Sign in with the system's browser.
    #[arg(long, group = "credential")]
    pub(crate) browser: bool,
    /// Port of the sign-in's redirect to this machine, for portals that match the address exactly; kept for the next time.
    #[arg(long, value_name = "PORT", requires = "browser", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) redirect_port: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct ReplyArguments {
    #[command(flatten)]
    pub(crate) vault: VaultArguments,
    /// The thread: our id or the portal's.
    pub(crate) thread: String,
    /// File with the text; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) text_file: PathBuf,
    /// Leave at or after this instant (RFC 3339).
    #[arg(long, value_name = "INSTANT")]
    pub(crate) not_before: Option<String>,
    /// Hold it for the next opening of the hours in force.
    #[arg(long, conflicts_with = "not_before")]
    pub(crate) in_hours: bool,
    /// Newer messages of the patient were seen.
    #[arg(long)]
    pub(crate) even_if_newer: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct OutboxArguments {
    #[command(subcommand)]
    pub(crate) command: Option<OutboxCommand>,
    #[command(flatten)]
    pub(crate) vault: Option<VaultArguments>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// Send an entry that was stopped, or give it up.
    #[command(group = clap::ArgGroup::new("decision").required(true))]
    Resolve {
        #[command(flatten)]
        vault: VaultArguments,
        /// The entry.
        id: String,
        /// Send it with the next sync.
        #[arg(long, group = "decision")]
        send: bool,
        /// Never send it.
        #[arg(long, group = "decision")]
        discard: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct HandoverArguments {
    #[command(flatten)]
    pub(crate) vault: VaultArguments,
    /// The thread: our id or the portal's.
    pub(crate) thread: String,
    /// The colleague, as Practitioner/ID; without it only what came of handovers is printed.
    #[arg(long, value_name = "REFERENCE")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CoverCommand {
    /// The covers, newest first.
    List {
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Cover for a colleague.
    Set {
        #[command(flatten)]
        vault: VaultArguments,
        /// The absent colleague, as Practitioner/ID.
        #[arg(long = "for", value_name = "REFERENCE")]
        practitioner: String,
        /// First day, YYYY-MM-DD in the clinic's zone.
        #[arg(long, value_name = "DATE")]
        from: String,
        /// Last day.
        #[arg(long, value_name = "DATE")]
        to: String,
    },
    /// Cover for a colleague no longer.
    End {
        #[command(flatten)]
        vault: VaultArguments,
        /// The colleague, as Practitioner/ID.
        #[arg(long = "for", value_name = "REFERENCE")]
        practitioner: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CaseCommand {
    /// All cases.
    List {
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// One case.
    Show {
        #[command(flatten)]
        vault: VaultArguments,
        /// The case.
        id: String,
    },
    /// Record a contact attempt.
    Log {
        #[command(flatten)]
        vault: VaultArguments,
        /// The case.
        id: String,
        /// What came of it.
        #[arg(long, value_parser = ["no-answer", "reached"])]
        attempt: String,
        /// When to try again (RFC 3339).
        #[arg(long, value_name = "INSTANT")]
        next: Option<String>,
    },
    /// Set a step of the checklist.
    #[command(group = clap::ArgGroup::new("outcome").required(true))]
    Step {
        #[command(flatten)]
        vault: VaultArguments,
        /// The case.
        id: String,
        /// The step, 1 to 12.
        #[arg(value_parser = clap::value_parser!(u8).range(1..=12))]
        n: u8,
        /// It is done.
        #[arg(long, group = "outcome")]
        done: bool,
        /// File with the reason why it is not done.
        #[arg(long, value_name = "FILE", group = "outcome")]
        reason_file: Option<PathBuf>,
    },
    /// Close a case.
    #[command(group = clap::ArgGroup::new("how").required(true))]
    Close {
        #[command(flatten)]
        vault: VaultArguments,
        /// The case.
        id: String,
        /// File with the outcome in the clinician's words.
        #[arg(long, value_name = "FILE", group = "how")]
        outcome_file: Option<PathBuf>,
        /// The rule was wrong.
        #[arg(long, group = "how")]
        false_alarm: bool,
    },
}
