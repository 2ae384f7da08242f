/** Types of functions that several files of programs need. */

import type { BtfBuilder } from "../../../../src/btf/builder.ts";
import type { Setting } from "../case.ts";

type FunctionTypes = NonNullable<Setting["functions"]>;

/** `int f(void)`, static but for the program itself: tail calls in functions ask for types. */
export function staticFunctions(...names: readonly string[]): FunctionTypes {
  return ofNothing("static", names);
}

/** `int f(void)`, all global. */
export function globalFunctions(...names: readonly string[]): FunctionTypes {
  return ofNothing("global", names);
}

function ofNothing(linkage: "static" | "global", names: readonly string[]): FunctionTypes {
  return (types) => {
    const prototype = types.prototype(types.int("int", 4, { signed: true }), []);
    return Object.fromEntries(names.map((name) => [name, types.function(name, prototype, name === "main" ? "global" : linkage)]));
  };
}

/** `int main(struct xdp_md *ctx)` and `sub` of the same type. */
export function functionsOfContext(linkage: "static" | "global"): FunctionTypes {
  return (types: BtfBuilder) => {
    const int = types.int("int", 4, { signed: true });
    const context = types.pointer(types.struct("xdp_md", 24, [{ name: "data", type: int, bitOffset: 0 }]));
    const prototype = types.prototype(int, [{ name: "ctx", type: context }]);
    return { main: types.function("main", prototype, "global"), sub: types.function("sub", prototype, linkage) };
  };
}
