/** `libc.so.6:libc:setjmp`: which places of a file a USDT probe is at. */

import { existsSync } from "node:fs";
import { nearest } from "../../../nearest.ts";
import { AttachError } from "../../errors.ts";
import type { Facts } from "../facts.ts";
import { findFile } from "./files.ts";
import { type ProbeRequest, withSymbols } from "./probe-target.ts";
import { type UsdtProbe, usdtProbes } from "./usdt-probes.ts";

export interface UsdtTarget {
  /** As the kernel finds it. */
  readonly file: string;
  /** For people: `libc.so.6:libc:setjmp`. */
  readonly name: string;
  /** Each place that the compiler put it at, at least one. */
  readonly places: readonly UsdtProbe[];
  /** The file is loaded anywhere: addresses are relative. */
  readonly movable: boolean;
}

/** @throws AttachError saying what is not there. */
export function usdtTarget(facts: Facts, program: string, { event, library, pid }: ProbeRequest): UsdtTarget {
  const refuse = (why: string): never => {
    throw new AttachError(`program ${program}: ${why}`);
  };
  const words = event.split(":");
  const [provider = "", probe = ""] = words.slice(-2);
  const wanted = library ?? words.slice(0, -2).join(":");
  if (words.length < (library === undefined ? 3 : 2) || wanted === "" || provider === "" || probe === "")
    refuse(`${JSON.stringify(event)} names no probe of a file: expected FILE:PROVIDER:NAME, such as libc.so.6:libc:setjmp`);
  const file = findFile(facts, existsSync, wanted, pid) ?? refuse(`there is no file or library ${JSON.stringify(wanted)}`);
  return withSymbols(file, refuse, (elf) => {
    const all = usdtProbes(elf);
    const places = all.filter((each) => each.provider === provider && each.name === probe);
    const name = `${wanted}:${provider}:${probe}`;
    if (places.length > 0) return { file, name, places, movable: elf.movable };
    if (all.length === 0) refuse(`${file} was built without probes (USDT)`);
    const names = [...new Set(all.map((each) => `${each.provider}:${each.name}`))];
    const near = nearest(`${provider}:${probe}`, names);
    const advice = near === null ? `it has ${names.slice(0, 10).join(", ")}` : `did you mean ${near}?`;
    return refuse(`${file} has no probe ${provider}:${probe}: ${advice}`);
  });
}

/** Where a place of a file is in a process's memory, by what it mapped; undefined when it did not. */
export function addressIn(facts: Facts, pid: number, file: string, offset: number): bigint | undefined {
  const path = file.replace(/^\/proc\/\d+\/root/, "");
  for (const line of (facts.read(`/proc/${pid}/maps`) ?? "").split("\n")) {
    const [, begin = "0", end = "0", from = "0", mapped] =
      /^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) \S+ \S+ +(\/.*)$/.exec(line) ?? [];
    if (mapped !== path) continue;
    const start = Number.parseInt(from, 16);
    const length = Number.parseInt(end, 16) - Number.parseInt(begin, 16);
    if (offset >= start && offset < start + length) return BigInt(`0x${begin}`) + BigInt(offset - start);
  }
  return undefined;
}
