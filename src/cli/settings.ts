/** `--set MAP=KEY:VALUE` and `--set VARIABLE=VALUE`: from the text to a map's entry, and to a variable's value. */

import { ValueError } from "../btf/errors.ts";
import { variablesOf, withVariables } from "../engine/variables.ts";
import type { Spec } from "../object/spec.ts";
import { CliError, EXIT } from "./exit.ts";

export interface Setting {
  readonly map: string;
  readonly key: unknown;
  readonly value: unknown;
  /** As it was written, for messages. */
  readonly text: string;
}

/**
 * Key and value are JSON, or bare text (`10.0.0.1`, `TCP`) which counts as a string. The last colon outside quotes, braces
 * and brackets separates them, so a bare IPv6 key works: `blocked6=2001:db8::1:1`.
 * @throws CliError (usage) that shows the form.
 */
export function parseSetting(text: string): Setting {
  const equals = text.indexOf("=");
  const map = text.slice(0, equals).trim();
  if (equals < 0 || map === "") throw new CliError(EXIT.usage, `--set takes MAP=KEY:VALUE, found ${JSON.stringify(text)}`);
  const entry = text.slice(equals + 1);
  const colon = lastOuterColon(entry);
  if (colon < 0) {
    throw new CliError(
      EXIT.usage,
      `--set ${map}=…: no colon between key and value in ${JSON.stringify(entry)}; the form is MAP=KEY:VALUE, or VARIABLE=VALUE for one that the program has`,
    );
  }
  return { map, key: parseValue(entry.slice(0, colon), text), value: parseValue(entry.slice(colon + 1), text), text };
}

/**
 * What `--set` says about a Spec: its variables with their values, and the entries for its maps.
 * @throws CliError (usage) for what is neither, (input) for a value that does not fit its variable.
 */
export function applyToSpec(
  declared: Spec,
  texts: readonly string[],
): { readonly spec: Spec; readonly settings: readonly Setting[] } {
  const names = new Set(variablesOf(declared).map(({ name }) => name));
  const settings: Setting[] = [];
  let spec = declared;
  for (const text of texts) {
    const equals = text.indexOf("=");
    const name = text.slice(0, Math.max(equals, 0)).trim();
    if (!names.has(name)) {
      settings.push(parseSetting(text));
      continue;
    }
    try {
      spec = withVariables(spec, { [name]: parseValue(text.slice(equals + 1), text) });
    } catch (cause) {
      if (!(cause instanceof ValueError)) throw cause;
      throw new CliError(EXIT.input, `--set ${text}: ${cause.message}`, { cause });
    }
  }
  return { spec, settings };
}

function lastOuterColon(text: string): number {
  let depth = 0;
  let quoted = false;
  let found = -1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === "\\") at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === ":" && depth === 0) found = at;
  }
  return found;
}

/** JSON, with integers beyond 2^53 as bigint, hexadecimal numbers, and bare words as strings. */
function parseValue(text: string, whole: string): unknown {
  const trimmed = text.trim();
  if (trimmed === "") throw new CliError(EXIT.usage, `--set ${whole}: key and value must not be empty`);
  if (/^-?(0x[0-9a-f]+|\d+)$/i.test(trimmed)) return exactInteger(trimmed);
  if (!/^[{["]|^(true|false)$/.test(trimmed)) return trimmed;
  try {
    return JSON.parse(trimmed, (_, value: unknown, context?: { source?: string }) =>
      typeof value === "number" && context?.source !== undefined && /^-?\d+$/.test(context.source)
        ? exactInteger(context.source)
        : value,
    );
  } catch (cause) {
    throw new CliError(EXIT.usage, `--set ${whole}: ${JSON.stringify(trimmed)} is no JSON (${(cause as Error).message})`);
  }
}

function exactInteger(text: string): number | bigint {
  const negative = text.startsWith("-");
  const magnitude = BigInt(negative ? text.slice(1) : text);
  const value = negative ? -magnitude : magnitude;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
