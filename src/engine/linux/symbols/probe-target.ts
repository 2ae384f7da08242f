/** `libc.so.6:malloc`, `/usr/bin/bash:readline+0x10`, `/bin/app:0x1234`: where a probe of user space goes. */

import { existsSync } from "node:fs";
import { nearest } from "../../../nearest.ts";
import { AttachError } from "../../errors.ts";
import type { Facts } from "../facts.ts";
import { ElfFileError, type ElfSymbols } from "./elf-symbols.ts";
import { findFile } from "./files.ts";
import { allFunctions, findFunction } from "./functions.ts";
import { withElf } from "./open-elf.ts";

export interface ProbeTarget {
  /** As the kernel finds it. */
  readonly file: string;
  /** Bytes from the file's start. */
  readonly offset: number;
  /** For people. */
  readonly name: string;
}

export interface ProbeRequest {
  /** `FILE:FUNCTION`, `FILE:FUNCTION+OFFSET`, `FILE:OFFSET`, or without `FILE:` when `library` says it. */
  readonly event: string;
  readonly library: string | undefined;
  readonly pid: number | undefined;
}

/** @throws AttachError saying what is not there. */
export function probeTarget(facts: Facts, program: string, { event, library, pid }: ProbeRequest): ProbeTarget {
  const refuse = (why: string): never => {
    throw new AttachError(`program ${program}: ${why}`);
  };
  const colon = event.lastIndexOf(":");
  const wanted = library ?? (colon < 0 ? "" : event.slice(0, colon));
  const place = event.slice(colon + 1);
  if (wanted === "" || place === "")
    refuse(`${JSON.stringify(event)} names no function of a file: expected FILE:FUNCTION, such as libc.so.6:malloc`);
  const file = findFile(facts, existsSync, wanted, pid) ?? refuse(`there is no file or library ${JSON.stringify(wanted)}`);
  const [, symbol = "", plus] = /^(.+?)(?:\+(\w+))?$/.exec(place) ?? [];
  const more = plus === undefined ? 0 : numberOf(plus);
  if (more === null) refuse(`${JSON.stringify(place)}: expected an offset in bytes behind the +`);
  const name = `${wanted}:${place}`;
  const absolute = numberOf(symbol);
  if (absolute !== null) return { file, offset: absolute + (more ?? 0), name };
  return withSymbols(file, refuse, (symbols) => {
    const found = findFunction(symbols, file, symbol);
    if (found !== undefined) return { file, offset: found.offset + (more ?? 0), name };
    const near = nearest(
      symbol,
      allFunctions(symbols, file, (candidate) => Math.abs(candidate.length - symbol.length) < 4).map((each) => each.name),
    );
    const advice = near === null ? "its symbols may be stripped; name an offset (FILE:0x1234)" : `did you mean ${near}?`;
    return refuse(`${file} has no function ${symbol}: ${advice}`);
  });
}

/** Every function of a file that a pattern with `*` and `?` takes. @throws AttachError */
export function probeTargets(facts: Facts, program: string, request: ProbeRequest): readonly ProbeTarget[] {
  const colon = request.event.lastIndexOf(":");
  const pattern = request.event.slice(colon + 1);
  if (!/[*?]/.test(pattern)) return [probeTarget(facts, program, request)];
  const refuse = (why: string): never => {
    throw new AttachError(`program ${program}: ${why}`);
  };
  const wanted = request.library ?? request.event.slice(0, Math.max(colon, 0));
  const file =
    findFile(facts, existsSync, wanted, request.pid) ?? refuse(`there is no file or library ${JSON.stringify(wanted)}`);
  const test = patternTest(pattern);
  return withSymbols(file, refuse, (symbols) => {
    const found = allFunctions(symbols, file, (name) => test.test(name));
    if (found.length === 0) refuse(`${file} has no function ${pattern}`);
    return found.map(({ name, offset }) => ({ file, offset, name: `${wanted}:${name}` }));
  });
}

/** `*` is any text, `?` any character. */
export function patternTest(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}

/** What `use` makes of a file; what is wrong with it goes to `refuse`. */
export function withSymbols<Result>(file: string, refuse: (why: string) => never, use: (symbols: ElfSymbols) => Result): Result {
  try {
    return withElf(file, use);
  } catch (error) {
    if (error instanceof ElfFileError) return refuse(`${file} ${error.message}`);
    throw error;
  }
}

/** A whole number, decimal or `0x…`; null for anything else. */
function numberOf(text: string): number | null {
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : null;
}
