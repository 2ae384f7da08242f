/**
 * What programs with `bpf/usdt.bpf.h` find out about arguments: an array of descriptions, `__bpf_usdt_specs`, whose index each place's cookie
 * is; and on kernels without cookies (before 5.15) a hash from instructions to indices, `__bpf_usdt_ip_to_spec_id`.
 *
 * Their layout is the object's: since libbpf 1.7 it has room for an index register. Values go through the map's own codec, by field name.
 */

import { AttachError } from "../../errors.ts";
import type { LinuxHandle } from "../maps/handle.ts";
import { LinuxMap } from "../maps/map.ts";
import type { UsdtArgument } from "../symbols/usdt-arguments.ts";

export const SPECS = "__bpf_usdt_specs";
export const PLACES = "__bpf_usdt_ip_to_spec_id";

/** `enum __bpf_usdt_arg_type`. */
const KIND = { constant: 0, register: 1, memory: 2, indexed: 3 } as const;

type Fields = Readonly<Record<string, unknown>>;
interface SpecValue extends Fields {
  readonly args: readonly Fields[];
}

/** The descriptions of one collection: which are in use. */
export class UsdtSpecs {
  readonly #specs: LinuxMap;
  readonly #places: LinuxMap | null;
  readonly #used = new Set<number>();

  /** Null for programs that were built without them: they do not ask for arguments. */
  static of(maps: ReadonlyMap<string, LinuxHandle>): UsdtSpecs | null {
    const specs = maps.get(SPECS);
    const places = maps.get(PLACES);
    if (!(specs instanceof LinuxMap)) return null;
    const known = KNOWN.get(specs) ?? new UsdtSpecs(specs, places instanceof LinuxMap ? places : null);
    KNOWN.set(specs, known);
    return known;
  }

  private constructor(specs: LinuxMap, places: LinuxMap | null) {
    this.#specs = specs;
    this.#places = places;
  }

  /** Describes arguments. @returns the index. @throws AttachError when there is no room, or the program could not read one of them. */
  add(program: string, probe: string, args: readonly UsdtArgument[], cookie: bigint): number {
    const { maxEntries } = this.#specs.spec;
    let index = 0;
    while (this.#used.has(index)) index++;
    if (index >= maxEntries)
      throw new AttachError(
        `program ${program}: ${probe}: all ${maxEntries} descriptions of arguments are in use (maxEntries: { ${SPECS}: … } makes room)`,
      );
    const old = this.#specs.get(index) as SpecValue;
    const value = {
      ...old,
      args: old.args.map((fields, place) => ({ ...fields, ...fieldsOf(args[place], fields, `program ${program}: ${probe}`) })),
      usdt_cookie: cookie,
      arg_cnt: args.length,
    };
    this.#specs.set(index, value);
    this.#used.add(index);
    return index;
  }

  /** Instructions whose programs find an index by their address, for kernels without cookies. */
  place(address: bigint, index: number): void {
    this.#places?.set(address, index);
  }

  /** Gives back what `add` and `place` took. The maps may be closed already. */
  release(indices: readonly number[], addresses: readonly bigint[]): void {
    for (const index of indices) this.#used.delete(index);
    if (this.#places !== null && this.#places.fd >= 0) for (const address of addresses) this.#places.delete(address);
  }
}

const KNOWN = new WeakMap<LinuxMap, UsdtSpecs>();

/** `struct __bpf_usdt_arg_spec`. */
function fieldsOf(argument: UsdtArgument | undefined, known: Fields, what: string): Fields {
  if (argument === undefined) return {};
  const { size, signed, place } = argument;
  const common = { arg_signed: signed, arg_bitshift: 64 - size * 8 };
  if (place.kind === "constant")
    return { ...common, arg_type: KIND.constant, val_off: BigInt.asUintN(64, place.value), reg_off: 0 };
  if (place.kind === "register") return { ...common, arg_type: KIND.register, val_off: 0n, reg_off: place.register };
  const memory = { ...common, val_off: BigInt.asUintN(64, place.offset), reg_off: place.register };
  if (place.index === undefined) return { ...memory, arg_type: KIND.memory };
  if (!("idx_reg_off" in known))
    throw new AttachError(
      `${what}: an argument is found with two registers, which programs built with bpf/usdt.bpf.h before libbpf 1.7 cannot; build it with a newer one`,
    );
  return { ...memory, arg_type: KIND.indexed, idx_reg_off: place.index.register, scale_bitshift: place.index.shift };
}
