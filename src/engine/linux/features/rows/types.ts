/** Kinds of types (BTF): a kernel is given types with one of each. */

import { BtfBuilder } from "../../../../btf/builder.ts";
import { BTF_KIND_SINCE } from "../../../../uapi/since.ts";
import type { Row } from "../judge.ts";
import { keys, type Sources } from "./sources.ts";

export function kindsOfTypes({ asker }: Sources): Row[] {
  const kinds = keys(BTF_KIND_SINCE).map(
    (name): Row => ({
      kind: "types",
      name,
      since: BTF_KIND_SINCE[name],
      constant: { of: "BTF_KIND_INT", name: `BTF_KIND_${name}`, anonymous: true },
      probe: () => asker?.types(typesWith(name)) ?? null,
    }),
  );
  const global: Row = {
    kind: "types",
    name: "global functions",
    since: "5.6",
    probe: () => asker?.types(typesWith("global FUNC")) ?? null,
  };
  return [...kinds, global];
}

/** Types that hold one integer, and its number: what the keys and values of maps are where they must have a type. */
export function oneInt(): { readonly btf: Uint8Array; readonly int: number } {
  const types = new BtfBuilder();
  const int = types.int("int", 4, { signed: true });
  return { btf: types.encode(), int };
}

function typesWith(kind: keyof typeof BTF_KIND_SINCE | "global FUNC"): Uint8Array {
  const types = new BtfBuilder();
  const int = types.int("int", 4, { signed: true });
  switch (kind) {
    case "FUNC":
      types.function("f", types.prototype(int, [{ name: "a", type: int }]), "static");
      break;
    case "global FUNC":
      types.function("f", types.prototype(int, [{ name: "a", type: int }]), "global");
      break;
    case "VAR":
      types.variable("v", int, "static");
      break;
    case "DATASEC":
      types.section(".data", 4, [{ type: types.variable("v", int, "static"), offset: 0, size: 4 }]);
      break;
    case "FLOAT":
      types.float("float", 4);
      break;
    case "DECL_TAG":
      types.declTag("tag", types.variable("v", int, "static"));
      break;
    case "TYPE_TAG":
      types.pointer(types.typeTag("tag", int));
      break;
    case "ENUM64":
      types.add({ kind: "enum64", id: 0, name: "e", size: 8, signed: false, values: [{ name: "E", value: 1n }] }, (id) => id);
      break;
  }
  return types.encode();
}
