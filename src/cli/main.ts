/** The command line: finds the command, runs it, and turns whatever went wrong into one line and an exit status. */

import { nearest } from "../nearest.ts";
import { type CommandHelp, parseArguments, renderHelp } from "./arguments.ts";
import { CliError, EXIT, EXIT_HELP, type ExitStatus } from "./exit.ts";
import { reportFailure } from "./failure.ts";

/** What a file in `commands/` exports. */
export interface Command {
  readonly help: CommandHelp;
  run(args: ReturnType<typeof parseArguments>): Promise<ExitStatus>;
}

/** Commands load when they are used: `skep --help` reads no compiler and no engine. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  new: {
    summary: "make a project: a program for a hook, its user side and a test",
    load: async () => (await import("./commands/new.ts")).newProject,
  },
  run: {
    summary: "compile a program and run it: in the kernel, or on a capture or recorded events",
    load: async () => (await import("./commands/run.ts")).run,
  },
  debug: {
    summary: "step through a program, forward and back, on a packet or an event",
    load: async () => (await import("./commands/debug.ts")).debug,
  },
  compile: {
    summary: "compile a program: to an object file, or show what it became",
    load: async () => (await import("./commands/compile.ts")).compile,
  },
  skeleton: {
    summary: "make a TypeScript module that knows an object's maps, variables and programs",
    load: async () => (await import("./commands/skeleton.ts")).skeleton,
  },
  inspect: {
    summary: "show what is in a program: maps, globals, externs, types, the kernel it needs",
    load: async () => (await import("./commands/inspect.ts")).inspect,
  },
  verify: {
    summary: "whether kernels take a program, offline, and if not, why",
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  explain: {
    summary: "explain the log of a kernel's verifier",
    load: async () => (await import("./commands/explain.ts")).explainLog,
  },
  portability: {
    summary: "check on which kernels a program loads, offline",
    load: async () => (await import("./commands/portability.ts")).portability,
  },
  features: {
    summary: "what the running kernel has, what this process may do, and why not",
    load: async () => (await import("./commands/features.ts")).features,
  },
  lend: {
    summary: "load and attach a program, and hand its maps and links to a user without privileges",
    load: async () => (await import("./commands/lend.ts")).lend,
  },
  borrow: {
    summary: "read what skep lend hands over: records as they come, then variables and maps",
    load: async () => (await import("./commands/borrow.ts")).borrow,
  },
  link: {
    summary: "link several objects into one",
    load: async () => (await import("./commands/link.ts")).link,
  },
  types: {
    summary: "declare kernel types in TypeScript, for editors: those that programs use",
    load: async () => (await import("./commands/types.ts")).types,
  },
  list: {
    summary: "what is in the kernel: programs, maps, links, types, and who uses them",
    load: async () => (await import("./commands/list.ts")).list,
  },
  show: {
    summary: "one program, map, link or BTF object of the kernel: facts, code, contents, who uses it",
    load: async () => (await import("./commands/show.ts")).show,
  },
  top: {
    summary: "programs of the kernel by the time that they take, live",
    load: async () => (await import("./commands/top.ts")).top,
  },
  btf: {
    summary: "print types as C, TypeScript or JSON, or what changed between two kernels",
    load: async () => (await import("./commands/btf.ts")).btf,
  },
};

/** Runs `skep ARGV` and sets the process's exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that went away (`skep … | head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.ok);
    throw error;
  });
  try {
    process.exitCode = await dispatch(argv);
  } catch (error) {
    process.exitCode = await reportFailure(error, {
      verbose: argv.includes("--verbose") || argv.includes("-v"),
      json: argv.includes("--json"),
    });
  }
}

async function dispatch(argv: readonly string[]): Promise<ExitStatus> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const command = name === "help" && rest[0] !== undefined ? COMMANDS[rest[0]] : undefined;
    process.stdout.write(command === undefined ? overview() : renderHelp((await command.load()).help));
    return name === undefined ? EXIT.usage : EXIT.ok;
  }
  if (name === "--version" || name === "-V") {
    const { readFileSync } = await import("node:fs");
    const manifest: { version: string } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    process.stdout.write(`skep ${manifest.version}\n`);
    return EXIT.ok;
  }
  const entry = COMMANDS[name];
  if (entry === undefined) {
    const near = nearest(name, Object.keys(COMMANDS));
    throw new CliError(
      EXIT.usage,
      `skep has no command ${name}${near === null ? "" : `; did you mean ${near}?`} ("skep --help" lists them)`,
    );
  }
  const command = await entry.load();
  const args = parseArguments(command.help, rest);
  if (args.flag("help")) {
    process.stdout.write(renderHelp(command.help));
    return EXIT.ok;
  }
  return command.run(args);
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  return [
    "skep — eBPF for TypeScript",
    "",
    "Usage: skep COMMAND [arguments]",
    "",
    "Commands:",
    ...Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    '"skep COMMAND --help" says more about one; "skep --version" which Skep this is.',
    "",
    "Exit status:",
    ...EXIT_HELP.map(([status, meaning]) => `  ${String(status).padStart(3)}  ${meaning}`),
    "",
  ].join("\n");
}
