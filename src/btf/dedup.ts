/**
 * One type for each meaning: what several objects, or several source files of one, say about the same C types is merged.
 *
 * Types are equal when they look alike and everything they refer to is equal, however pointers go round. That is
 * bisimilarity, and partition refinement (Hopcroft 1971; Paige and Tarjan 1987, in its simple form) finds it: sort types
 * into classes by what they say themselves, then split classes whose members refer to different classes, until none
 * splits.
 */

import type { Btf } from "./btf.ts";
import { BtfBuilder } from "./builder.ts";
import { BtfError } from "./errors.ts";
import { referencesOf, shapeOf } from "./shape.ts";
import type { BtfType } from "./types.ts";

export interface Deduplicated {
  readonly bytes: Uint8Array;
  /** New id of each old one: what line and function information, maps and programs must be changed by. */
  readonly ids: Uint32Array;
}

/**
 * Merges equal types; each class keeps the place of its first. Variables and sections are left as they are: two variables
 * of one name are two. A forward declaration becomes the struct or union of that name and kind when there is one meaning
 * of it. With split BTF, types of the base are kept as they are, and own types equal to one of them become it.
 *
 * @throws BtfError when a type is malformed.
 */
export function dedup(btf: Btf): Deduplicated {
  const types = Array.from({ length: btf.count }, (_, id) => btf.type(id));
  let aliases = forwardTargets(types);
  for (;;) {
    const classes = classify(types, aliases);
    const certain = withoutAmbiguous(types, aliases, classes);
    if (certain.size === aliases.size) return rebuild(btf, types, aliases, classes);
    // What was taken for one struct is several: their forward declarations stand for none of them.
    aliases = certain;
  }
}

/** Forward declaration → the first whole type that it may mean. An enum without values is one, too. */
function forwardTargets(types: readonly BtfType[]): Map<number, number> {
  const whole = new Map<string, number>();
  for (const type of types) {
    const key = tagOf(type);
    if (key !== null && !isForward(type) && !whole.has(key)) whole.set(key, type.id);
  }
  const targets = new Map<number, number>();
  for (const type of types) {
    if (!isForward(type)) continue;
    const target = whole.get(tagOf(type)!);
    if (target !== undefined) targets.set(type.id, target);
  }
  return targets;
}

/** Only those aliases whose name means one class. */
function withoutAmbiguous(
  types: readonly BtfType[],
  aliases: ReadonlyMap<number, number>,
  classes: Uint32Array,
): Map<number, number> {
  const meanings = new Map<string, number>();
  const ambiguous = new Set<string>();
  for (const type of types) {
    const key = tagOf(type);
    if (key === null || isForward(type)) continue;
    const known = meanings.get(key);
    if (known === undefined) meanings.set(key, classes[type.id]!);
    else if (known !== classes[type.id]) ambiguous.add(key);
  }
  return new Map([...aliases].filter(([forward]) => !ambiguous.has(tagOf(types[forward]!)!)));
}

/** Kind and name of what a forward declaration can mean; null for other types. */
function tagOf(type: BtfType): string | null {
  if (type.name === "") return null;
  switch (type.kind) {
    case "struct":
    case "union":
      return `${type.kind} ${type.name}`;
    case "forward":
      return `${type.of} ${type.name}`;
    case "enum":
    case "enum64":
      return `enum ${type.name}`;
    default:
      return null;
  }
}

function isForward(type: BtfType): boolean {
  return type.kind === "forward" || (type.kind === "enum" && type.values.length === 0 && type.name !== "");
}

/** The class of each type, by id; equal exactly for equal types. */
function classify(types: readonly BtfType[], aliases: ReadonlyMap<number, number>): Uint32Array {
  const references = types.map((type) => (aliases.has(type.id) ? [] : referencesOf(type).map((id) => aliases.get(id) ?? id)));
  const referrers = reverse(references);
  const classes = new Uint32Array(types.length);
  const sizes: number[] = [];
  const seen = new Map<string, number>();
  for (const type of types) {
    if (aliases.has(type.id)) continue;
    // Variables and sections are told apart by their ids.
    const shape = type.kind === "variable" || type.kind === "section" ? `${type.kind} ${type.id}` : shapeOf(type);
    const known = seen.get(shape) ?? seen.size;
    seen.set(shape, known);
    classes[type.id] = known;
    sizes[known] = (sizes[known] ?? 0) + 1;
  }

  let budget = references.reduce((sum, list) => sum + list.length, FREE_WORK) * WORK_PER_REFERENCE;
  // Looked at are the types that refer to one whose class is new since the round before: at first, all.
  for (let affected = types.filter(({ id }) => !aliases.has(id)).map(({ id }) => id); affected.length > 0; ) {
    const groups = Map.groupBy(affected, (id) => classes[id]!);
    const moves: { id: number; to: number }[] = [];
    for (const [group, members] of groups) {
      const size = sizes[group]!;
      if (size === 1) continue;
      const parts = [...Map.groupBy(members, (id) => references[id]!.map((reference) => classes[reference]!).join()).values()];
      for (const id of members) budget -= references[id]!.length + 1;
      if (budget < 0) throw new BtfError("expected types that can be told apart in reasonable time, found others");
      // Those that are not looked at refer to what they referred to: they are one part. The largest part keeps the class,
      // so a type gets a new one at most log2(n) times.
      const others = size - members.length;
      let largest = parts.reduce((best, part) => (part.length > best.length ? part : best));
      if (others >= largest.length) largest = [];
      for (const part of parts) {
        if (part === largest) continue;
        for (const id of part) moves.push({ id, to: sizes.length });
        sizes[group]! -= part.length;
        sizes.push(part.length);
      }
    }
    for (const { id, to } of moves) classes[id] = to;
    affected = [...new Set(moves.flatMap(({ id }) => referrers(id)))];
  }
  for (const [forward, target] of aliases) classes[forward] = classes[target]!;
  return classes;
}

/** Work is one reference compared. A kernel takes 3 for each; files made to take long are given up. */
const WORK_PER_REFERENCE = 100;
const FREE_WORK = 10_000;

/** Turns "refers to" around, in three arrays instead of one for each type. */
function reverse(references: readonly (readonly number[])[]): (id: number) => number[] {
  const starts = new Uint32Array(references.length + 1);
  for (const list of references) for (const id of list) starts[id + 1]!++;
  for (let id = 0; id < references.length; id++) starts[id + 1]! += starts[id]!;
  const filled = starts.slice();
  const referrers = new Uint32Array(starts[references.length]!);
  references.forEach((list, from) => {
    for (const id of list) referrers[filled[id]!++] = from;
  });
  return (id) => Array.from(referrers.subarray(starts[id]!, starts[id + 1]!));
}

function rebuild(btf: Btf, types: readonly BtfType[], aliases: ReadonlyMap<number, number>, classes: Uint32Array): Deduplicated {
  const builder = new BtfBuilder(btf.base === null ? { littleEndian: btf.littleEndian } : { base: btf.base });
  const ids = new Uint32Array(types.length);
  const idOfClass = new Map<number, number>();
  const kept: BtfType[] = [];
  for (const type of types) {
    if (aliases.has(type.id)) continue;
    const known = idOfClass.get(classes[type.id]!);
    if (type.id < btf.firstId) {
      // The base stays as it is, even if it has types twice.
      ids[type.id] = type.id;
      if (known === undefined) idOfClass.set(classes[type.id]!, type.id);
    } else if (known === undefined) {
      ids[type.id] = btf.firstId + kept.length;
      idOfClass.set(classes[type.id]!, ids[type.id]!);
      kept.push(type);
    } else {
      ids[type.id] = known;
    }
  }
  for (const [forward, target] of aliases) ids[forward] = forward < btf.firstId ? forward : ids[target]!;
  for (const type of kept) builder.add(type, (id) => ids[id]!);
  return { bytes: builder.encode(), ids };
}
