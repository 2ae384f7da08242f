/** BTF of the kernel functions that the engine has, so that the verifier knows their prototypes without a kernel's types. */

import { type Btf, openBtf } from "../../../btf/btf.ts";
import { BtfBuilder } from "../../../btf/builder.ts";
import { KFUNC_PROTOTYPES } from "./kfunc-prototypes.ts";

/** A function with numbers for parameters and result: name, number of parameters. */
export interface NumberFunction {
  readonly name: string;
  readonly parameters: number;
}

/** Parameters that are maps are `void *`, and what is given for one is a `bpf_map`; a task is what helpers give. */
const ALWAYS = ["bpf_map/0", /task_struct\/\d+/.exec(KFUNC_PROTOTYPES)?.[0] ?? "task_struct/0"];

/**
 * @param base the room's kernel types: what they have is not made again, so that a `task_struct` is the same in both. Null: none.
 * @param functions of the application, beside the kernel's.
 * @param wanted kernel functions that programs name: the others are left out. Null: all.
 */
export function kfuncTypes(base: Btf | null, functions: readonly NumberFunction[], wanted: ReadonlySet<string> | null): Btf {
  const builder = new BtfBuilder(base === null ? {} : { base });
  const made = new Map<string, number>();
  const typeOf = (text: string): number => {
    if (text === "void") return 0;
    const known = made.get(text);
    if (known !== undefined) return known;
    const id = makeType(text);
    made.set(text, id);
    return id;
  };
  const makeType = (text: string): number => {
    if (text.startsWith("*")) return builder.pointer(typeOf(text.slice(1)));
    if (text === "()") return builder.prototype(0, []);
    const integer = /^([iub])([1248])$/.exec(text);
    if (integer !== null) {
      const size = Number(integer[2]);
      return builder.int(`${integer[1] === "i" ? "s" : integer[1]}${size * 8}`, size, {
        signed: integer[1] === "i",
        bool: integer[1] === "b",
      });
    }
    const [name = "", size = "0"] = text.split("/");
    return base?.find(name, "struct") ?? builder.struct(name, Number(size), []);
  };
  for (const struct of ALWAYS) typeOf(struct);
  for (const line of KFUNC_PROTOTYPES.split("\n")) {
    const [name = "", result = "void", ...parameters] = line.split(" ");
    if (name === "" || wanted?.has(name) === false || base?.find(name, "function") !== undefined) continue;
    const prototype = builder.prototype(
      typeOf(result),
      parameters.map((parameter) => {
        const [called = "", type = "void"] = parameter.split(":");
        return { name: called, type: typeOf(type) };
      }),
    );
    builder.function(name, prototype, "global");
  }
  for (const { name, parameters } of functions) {
    const prototype = builder.prototype(
      typeOf("u4"),
      Array.from({ length: parameters }, (_, at) => ({ name: `a${at}`, type: typeOf("u4") })),
    );
    builder.function(name, prototype, "global");
  }
  return openBtf(builder.encode(), base ?? undefined);
}
