/**
 * Decides what each relocation becomes, against all types of the target that may be meant.
 *
 * Candidates have the source's name without flavour and its kind; those of the kernel come first, those of its modules
 * count only when the kernel has none. All candidates that fit must agree. As libbpf does, what fitted once narrows the
 * candidates of that type for the relocations that follow.
 */

import type { Btf } from "../../btf/btf.ts";
import type { CoreKind, CoreRelocation } from "../spec.ts";
import { type Access, describeAccess, describeType, parseAccess } from "./access.ts";
import { CoreError } from "./errors.ts";
import { matchAccess } from "./match.ts";
import { CoreTypes, sameKind } from "./types.ts";
import { evaluate, evaluateAbsent, type Value } from "./value.ts";

/** What the target has: nothing of that name, a type without what is meant, or what is meant. */
export type Finding = "no-type" | "no-match" | "found";

export interface Decision {
  /** What is meant, as C writes it. */
  readonly subject: string;
  readonly finding: Finding;
  /** In the source's types: what the instruction should hold. */
  readonly local: Value;
  /** What to put there; null: nothing can be, poison the instruction. */
  readonly value: bigint | null;
  /** Bytes that a load or store must move from now on; null when it cannot be made to. Of field offsets only. */
  readonly size: number | null;
}

interface Candidate {
  readonly types: CoreTypes;
  readonly id: number;
}

export class Resolver {
  readonly #local: CoreTypes;
  readonly #targets: readonly CoreTypes[];
  readonly #candidates = new Map<number, readonly Candidate[]>();
  /** Subprograms bring the same relocations into every program that calls them. */
  readonly #decisions = new Map<string, Decision>();

  /** @param targets the kernel's types, then those of its modules */
  constructor(local: Btf, targets: readonly Btf[]) {
    this.#local = new CoreTypes(local);
    this.#targets = targets.map((target) => new CoreTypes(target));
  }

  /**
   * @throws CoreError when the relocation is malformed, ambiguous or impossible.
   * @throws BtfError when types are malformed.
   */
  decide(relocation: CoreRelocation): Decision {
    const key = `${relocation.type} ${relocation.kind} ${relocation.access}`;
    let decision = this.#decisions.get(key);
    if (decision === undefined) {
      decision = this.#decide(relocation);
      this.#decisions.set(key, decision);
    }
    return decision;
  }

  /** The name of a relocation's type, for one that cannot be decided. */
  describe(relocation: CoreRelocation): string {
    try {
      return describeType(this.#local, relocation.type);
    } catch {
      return `type ${relocation.type}`;
    }
  }

  #decide(relocation: CoreRelocation): Decision {
    const { kind } = relocation;
    const access = parseAccess(this.#local, relocation);
    const subject = describeAccess(access);
    if (kind === "type_id_local") {
      const local = { value: BigInt(relocation.type), isCertain: false, size: 0, type: 0 };
      return { subject, finding: "found", local, value: local.value, size: 0 };
    }
    if (this.#local.type(relocation.type).name === "") {
      throw new CoreError("unsupported", "expected a type with a name, by which to find it in the target", { subject });
    }
    const local = evaluate(kind, access);
    const candidates = this.#candidatesOf(relocation.type);
    const fitting: Candidate[] = [];
    let chosen: { access: Access; value: Value } | null = null;
    for (const candidate of candidates) {
      const found = matchAccess(kind, access, candidate.types, candidate.id);
      if (found === null) continue;
      const value = evaluate(kind, found);
      if (chosen === null) chosen = { access: found, value };
      else if (found.bitOffset !== chosen.access.bitOffset || value.value !== chosen.value.value)
        throw ambiguous(subject, chosen, { access: found, value });
      fitting.push(candidate);
    }
    if (chosen === null) {
      const finding = candidates.length === 0 ? "no-type" : "no-match";
      return { subject, finding, local, value: evaluateAbsent(kind), size: local.size };
    }
    this.#candidates.set(relocation.type, fitting);
    const size = this.#sizeOf(kind, local, chosen.access.types, chosen.value);
    return { subject, finding: "found", local, value: chosen.value.value, size };
  }

  /**
   * Loads zero-extend: pointers and unsigned integers survive another width, everything else would read as another value.
   */
  #sizeOf(kind: CoreKind, local: Value, target: CoreTypes, value: Value): number | null {
    if (kind !== "field_byte_offset" || local.size === value.size) return value.size;
    const mine = this.#local.type(local.type);
    const theirs = target.type(value.type);
    if (mine.kind === "pointer" && theirs.kind === "pointer") return value.size;
    // `signed char`, where a compiler says both, counts as a character.
    const isSigned = (type: { signed: boolean; char: boolean; bool: boolean }): boolean =>
      type.signed && !type.char && !type.bool;
    if (mine.kind === "int" && theirs.kind === "int" && !isSigned(mine) && !isSigned(theirs)) return value.size;
    return null;
  }

  #candidatesOf(id: number): readonly Candidate[] {
    let candidates = this.#candidates.get(id);
    if (candidates === undefined) {
      const [kernel, ...modules] = this.#targets;
      if (kernel === undefined) throw new CoreError("types", "expected types of the kernel to adapt to, found none");
      candidates = this.#candidatesIn(kernel, id);
      if (candidates.length === 0) candidates = modules.flatMap((module) => this.#candidatesIn(module, id));
      this.#candidates.set(id, candidates);
    }
    return candidates;
  }

  #candidatesIn(target: CoreTypes, id: number): Candidate[] {
    const type = this.#local.type(id);
    const { btf } = target;
    // A module's BTF also finds what is in its base, which was searched before.
    return btf
      .flavours(type.name)
      .filter((candidate) => (btf.base === null || candidate >= btf.firstId) && sameKind(target.type(candidate), type))
      .map((candidate) => ({ types: target, id: candidate }));
  }
}

function ambiguous(
  subject: string,
  first: { access: Access; value: Value },
  second: { access: Access; value: Value },
): CoreError {
  const describe = ({ access, value }: { access: Access; value: Value }): string => `${value.value} in type ${access.root}`;
  const what = first.value.value === second.value.value ? "another offset" : "another value";
  const message = `expected all types of that name to agree, found ${describe(first)} and ${what}, ${describe(second)}; say which is meant by a flavour of your own with only its members`;
  return new CoreError("ambiguous", message, { subject });
}
