/** Command lines: declared as data, parsed by `node:util`, refused in one helpful line, printed as `--help`. */

import { parseArgs } from "node:util";
import { nearest } from "../nearest.ts";
import { CliError, EXIT } from "./exit.ts";

export interface Option {
  /** What stands for the value in the help, e.g. `FILE`; absent for a flag. */
  readonly value?: string;
  readonly short?: string;
  readonly multiple?: boolean;
  readonly help: string;
}

export interface CommandHelp {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** E.g. `FILE`: what stands behind the command's name. */
  readonly operands: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Paragraphs below the options. */
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
}

export interface Arguments {
  readonly operands: readonly string[];
  flag(name: string): boolean;
  /** The option's value, or undefined. */
  value(name: string): string | undefined;
  values(name: string): readonly string[];
}

/** Options that every command has. */
const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  json: { help: "machine-readable output on stdout" },
  verbose: { short: "v", help: "say more: whole logs, stack traces" },
  help: { short: "h", help: "this text" },
};

/** @throws CliError (usage) naming the option and the nearest one that exists. */
export function parseArguments(help: CommandHelp, argv: readonly string[]): Arguments {
  const options = { ...help.options, ...COMMON_OPTIONS };
  const config = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [
      name,
      {
        type: option.value === undefined ? ("boolean" as const) : ("string" as const),
        ...(option.short === undefined ? {} : { short: option.short }),
        ...(option.multiple === true ? { multiple: true } : {}),
      },
    ]),
  );
  const { tokens } = parseArgs({ args: [...argv], options: config, strict: false, tokens: true, allowPositionals: true });
  const operands: string[] = [];
  const found = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const option = options[token.name];
    if (option === undefined) throw new CliError(EXIT.usage, unknownOption(help, token.rawName, Object.keys(options)));
    if (option.value === undefined && token.value !== undefined) {
      throw new CliError(EXIT.usage, `${token.rawName} takes no value, found ${JSON.stringify(token.value)}`);
    }
    if (option.value !== undefined && token.value === undefined) {
      throw new CliError(EXIT.usage, `${token.rawName} needs a value: ${token.rawName} ${option.value}`);
    }
    const values = found.get(token.name) ?? [];
    if (values.length > 0 && option.multiple !== true && option.value !== undefined) {
      throw new CliError(EXIT.usage, `${token.rawName} is given twice`);
    }
    values.push(token.value ?? "");
    found.set(token.name, values);
  }
  return {
    operands,
    flag: (name) => found.has(name),
    value: (name) => found.get(name)?.[0],
    values: (name) => found.get(name) ?? [],
  };
}

function unknownOption(help: CommandHelp, rawName: string, names: readonly string[]): string {
  const near = nearest(rawName.replace(/^-+/, ""), names);
  return `skep ${help.name} has no option ${rawName}${near === null ? "" : `; did you mean --${near}?`} ("skep ${help.name} --help" lists them)`;
}

/** The one operand of commands that take a file. @param hint what may have been meant by more. @throws CliError (usage) */
export function fileOperand({ name, operands }: CommandHelp, args: Arguments, hint = ""): string {
  const [file, ...extra] = args.operands;
  const what = operands.startsWith("NAME") ? "name" : "file";
  if (file === undefined) throw new CliError(EXIT.usage, `skep ${name} needs a ${what}: skep ${name} ${operands}`);
  if (extra.length > 0) throw new CliError(EXIT.usage, `skep ${name} takes one ${what}, found also ${extra.join(" ")}${hint}`);
  return file;
}

/** A number in a range from an option's text. @throws CliError (usage). */
export function numberOption(args: Arguments, name: string, minimum: number, maximum: number): number | undefined {
  const text = args.value(name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number) || number < minimum || number > maximum) {
    throw new CliError(EXIT.usage, `--${name} takes a number from ${minimum} to ${maximum}, found ${JSON.stringify(text)}`);
  }
  return number;
}

export function renderHelp(help: CommandHelp): string {
  const rows = Object.entries({ ...help.options, ...COMMON_OPTIONS }).map(([name, option]) => [
    `${option.short === undefined ? "   " : `-${option.short},`} --${name}${option.value === undefined ? "" : ` ${option.value}`}`,
    option.help + (option.multiple === true ? " (may be repeated)" : ""),
  ]);
  const width = Math.max(...rows.map(([left]) => left?.length ?? 0));
  return [
    `skep ${help.name} — ${help.summary}`,
    "",
    `Usage: skep ${help.name} ${help.operands} [options]`,
    "",
    "Options:",
    ...rows.map(([left, right]) => `  ${left?.padEnd(width)}  ${right}`),
    ...(help.notes ?? []).flatMap((note) => ["", note]),
    "",
    "Examples:",
    ...help.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}
