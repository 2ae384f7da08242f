/** What "skep/vmlinux" exports: the types of the kernel, constants of its enumerations, its functions; each made when it is asked for. */

import { findEnumerator } from "../../../btf/enumerators.ts";
import type { Exports, Meaning } from "../scopes.ts";
import type { TypeMeaning } from "../state.ts";
import { INTS } from "../types.ts";
import { kernelFunction } from "./functions.ts";
import { asFunction, kernelIterator } from "./iterators.ts";
import type { KernelState } from "./state.ts";
import type { KernelStored, KernelTypes } from "./structs.ts";
import { kernelVariable } from "./symbols.ts";

export const VMLINUX = "skep/vmlinux";

export function kernelExports(types: KernelTypes, { imported }: KernelState): Exports {
  return {
    title: `"${VMLINUX}"`,
    value: remembered((name) => {
      // Before functions: some of that name are there for programs of `iterator(…)`, and not to be called.
      const iterator = kernelIterator(types, name);
      if (iterator !== null) imported.functions.set(name, asFunction(iterator));
      if (iterator !== null) return { kind: "kernel-iterator", iterator };
      const callee = kernelFunction(types, name);
      if (callee !== null) imported.functions.set(name, callee);
      if (callee !== null) return { kind: "kernel-function", function: callee };
      const variable = kernelVariable(types, name);
      if (variable !== null) imported.variables.set(name, variable);
      if (variable !== null) return { kind: "kernel-variable", variable };
      const found = enumerator(types, name);
      if (found?.kind === "kernel-enumerator") imported.constants.set(name, found.value);
      return found;
    }),
    type: remembered((name) => {
      const stored = types.named(name);
      if (stored !== null) imported.types.add(name);
      return stored === null ? null : typeMeaning(stored);
    }),
    names: () => namesOf(types),
    isPrivate: () => false,
  };
}

/** A name is looked up wherever it is used. */
function remembered<T>(look: (name: string) => T | null): (name: string) => T | null {
  const known = new Map<string, T | null>();
  return (name) => {
    let found = known.get(name);
    if (found === undefined) known.set(name, (found = look(name)));
    return found;
  };
}

function typeMeaning(stored: KernelStored): TypeMeaning {
  switch (stored.kind) {
    case "int":
    case "bool":
    case "network":
      return { kind: "stored", type: stored };
    case "kernel-enum":
      return { kind: "stored", type: stored.int };
    case "kernel-pointer":
      return stored.to === null ? { kind: "stored", type: INTS.u64 } : { kind: "kernel", type: stored.to };
    default:
      return { kind: "kernel", type: stored };
  }
}

function enumerator(types: KernelTypes, name: string): Meaning | null {
  const place = findEnumerator(types.btf, name);
  if (place === undefined) return null;
  const of = types.stored(place.type);
  const value = of.kind === "kernel-enum" ? of.values[place.index]?.value : undefined;
  if (of.kind !== "kernel-enum" || value === undefined) return null;
  return { kind: "kernel-enumerator", enum: of, index: place.index, value };
}

/** Names of types, for suggestions: a few ten thousand. */
function namesOf({ btf }: KernelTypes): readonly string[] {
  const names = new Set<string>();
  for (const kind of ["struct", "union", "typedef", "enum"] as const) {
    for (const id of btf.ids(kind)) names.add(btf.name(id));
  }
  names.delete("");
  return [...names];
}
