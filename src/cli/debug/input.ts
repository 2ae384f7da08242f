/** What the command line says the program shall run on. */

import type { ContextInput, ContextValue, RunInput } from "../../engine/engine.ts";
import { CliError, EXIT } from "../exit.ts";
import { counted } from "../terminal.ts";

/** `--packet-hex`: digits, with blanks, colons or dashes between them. @throws CliError (usage). */
export function parseHex(option: string, text: string): Uint8Array {
  const digits = text.replace(/^0x/i, "").replace(/[\s:-]/g, "");
  const wrong = /[^0-9a-f]/i.exec(digits);
  if (wrong !== null || digits.length % 2 === 1 || digits === "") {
    const found = wrong !== null ? JSON.stringify(wrong[0]) : digits === "" ? "nothing" : counted(digits.length, "digit");
    throw new CliError(EXIT.usage, `--${option} takes bytes as hexadecimal digits, two for each; found ${found}`);
  }
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) => Number.parseInt(digits.slice(at * 2, at * 2 + 2), 16));
}

/**
 * `--context`: an object of fields by name, as `RunInput.context` takes them, but bytes as `{"bytes": "00ff"}`; or text of hexadecimal
 * digits, the bytes of the context.
 * @throws CliError (usage).
 */
export function parseContext(text: string): ContextInput {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CliError(EXIT.usage, `--context takes JSON, e.g. '{"ingress_ifindex":3}' (${(cause as Error).message})`);
  }
  if (typeof value === "string") return parseHex("context", value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CliError(EXIT.usage, `--context takes an object of fields, or text of hexadecimal digits, found ${text}`);
  }
  return Object.fromEntries(Object.entries(value).map(([name, field]: [string, unknown]) => [name, contextValue(name, field)]));
}

function contextValue(name: string, value: unknown): ContextValue {
  if (typeof value === "string" || (typeof value === "number" && Number.isSafeInteger(value))) return value;
  if (Array.isArray(value)) return value.map((each: unknown, index) => contextValue(`${name}[${index}]`, each));
  if (typeof value === "object" && value !== null && "bytes" in value && typeof value.bytes === "string")
    return parseHex("context", value.bytes);
  throw new CliError(EXIT.usage, `--context: ${name} takes a whole number, text, an array, or {"bytes": "00ff"}`);
}

/** @throws CliError (usage) */
export function oneInput(packet: string | undefined, context: string | undefined): RunInput {
  return {
    ...(packet === undefined ? {} : { packet: parseHex("packet-hex", packet) }),
    ...(context === undefined ? {} : { context: parseContext(context) }),
  };
}
