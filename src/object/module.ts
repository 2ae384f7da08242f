/**
 * The types that a `.bpf.ts` module's exports have, so that `load<typeof import("./x.bpf.ts")>()` knows its maps and
 * programs. Types only: nothing here exists at run time.
 */

import type { MapType } from "../uapi/map-types.ts";
import type { ProgramType } from "../uapi/program-types.ts";

/** An exported map: `export const drops = perCpuHash<u32, u64>(…)`. */
export interface MapDeclaration<Type extends MapType = MapType, Key = unknown, Value = unknown> {
  readonly "~map": { readonly type: Type; readonly key: Key; readonly value: Value };
}

/**
 * What user space reads there, said directly: modules that `skep skeleton` makes of objects have `MapDeclaration<"hash",
 * UserSide<number>, UserSide<Event>>`.
 */
export interface UserSide<Value> {
  readonly "~user": Value;
}

/** An exported program: `export const firewall = xdp(…)`. */
export interface ProgramDeclaration<Type extends ProgramType = ProgramType> {
  readonly "~program": Type;
}

/**
 * Whether an export is a variable: `export let total: u64`, `export const target = config<u32>(0)`, a table. Not maps, programs, functions,
 * and constants that TypeScript knows the value of.
 */
export type IsVariable<T> = [T] extends [MapDeclaration | ProgramDeclaration | ((...given: never[]) => unknown)]
  ? false
  : [T] extends [number]
    ? IsWide<number, T>
    : [T] extends [boolean]
      ? IsWide<boolean, T>
      : [T] extends [string]
        ? IsWide<string, T>
        : [T] extends [object | null]
          ? true
          : false;

type IsWide<Whole, T> = [Whole] extends [T] ? true : false;

/**
 * What the user side reads where the program has `T`: 64-bit integers are `bigint`, narrower ones `number`, `bool` is
 * `boolean`, addresses are text, structs are objects with the same fields, fixed arrays are arrays, and those of `u8` are
 * `Uint8Array`s, pointers are addresses (btf/codec.ts has the whole table). An integer's flavour lists the types whose values fit; the widest names it.
 */
export type UserValue<T> = [T] extends [boolean]
  ? boolean
  : [T] extends [number]
    ? T extends { readonly __int?: infer Int }
      ? "u64" extends Int
        ? bigint
        : "i64" extends Int
          ? bigint
          : [Int] extends ["Ipv4Address" | undefined]
            ? string
            : number
      : number
    : "~pointer" extends keyof NonNullable<T>
      ? bigint
      : T extends { readonly "~user": infer User }
        ? User
        : // Texts, and the `FixedString` of programs.
          [T] extends [{ charCodeAt(index: number): number }]
          ? string
          : T extends readonly (infer Element)[]
            ? T extends { readonly "~text": string }
              ? string
              : Element extends { readonly __int?: "u8" }
                ? Uint8Array
                : UserValue<Element>[]
            : T extends object
              ? { [Field in keyof T]: UserValue<T[Field]> }
              : T;
