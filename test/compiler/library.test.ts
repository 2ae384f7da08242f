/** What editors see of "skep/bpf" is what the compiler knows: names, fields and their types. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parse } from "@babel/parser";
import { library } from "../../scripts/generate-bpf-library.ts";
import * as bpf from "../../src/bpf/index.ts";
import { array, NotCompiledError, XDP_DROP, xdp } from "../../src/bpf/index.ts";
import * as net from "../../src/bpf/net.ts";
import { LIBRARY } from "../../src/compiler/typescript/library/exports.ts";
import { HEADERS, headerNamed } from "../../src/compiler/typescript/library/headers.ts";
import { typeName } from "../../src/compiler/typescript/types.ts";

const NET_SOURCE = readFileSync(new URL("../../src/bpf/net.ts", import.meta.url), "utf8");
const BPF_SOURCES = ["index.ts", "contexts.ts", "hooks.ts", "helpers.ts"].map((name) =>
  readFileSync(new URL(`../../src/bpf/${name}`, import.meta.url), "utf8"),
);

describe("the library", () => {
  test("exports at run time exactly the values and constants that the compiler knows", () => {
    for (const [specifier, module] of [
      ["skep/bpf", bpf],
      ["skep/bpf/net", net],
    ] as const) {
      const library = LIBRARY.get(specifier);
      assert.ok(library);
      const known = [...library.values.keys(), ...library.constants.keys()].sort();
      assert.deepEqual(
        Object.keys(module)
          .filter((name) => name !== "NotCompiledError")
          .sort(),
        known,
        specifier,
      );
      for (const [name, value] of library.constants) assert.equal((module as Record<string, unknown>)[name], value, name);
    }
  });

  test("exports the types that the compiler knows", () => {
    for (const name of LIBRARY.get("skep/bpf")?.types.keys() ?? [])
      assert.match(BPF_SOURCES.join(""), new RegExp(`\\b${name}\\b`));
    for (const name of LIBRARY.get("skep/bpf/net")?.types.keys() ?? []) {
      assert.match(NET_SOURCE, new RegExp(`^export (type|interface) ${name}\\b`, "m"));
    }
  });

  test("shows each header with the fields, types and size of the compiler's table", () => {
    const { program } = parse(NET_SOURCE, { sourceType: "module", plugins: ["typescript"] });
    const seen: string[] = [];
    for (const statement of program.body) {
      if (statement.type !== "ExportNamedDeclaration" || statement.declaration?.type !== "TSInterfaceDeclaration") continue;
      const { id, body } = statement.declaration;
      const header = headerNamed(id.name);
      assert.ok(header, id.name);
      seen.push(id.name);
      const shown = body.body.map((member) => {
        assert.ok(member.type === "TSPropertySignature" && member.key.type === "Identifier" && member.typeAnnotation);
        const { start, end } = member.typeAnnotation;
        const type = NET_SOURCE.slice(start ?? 0, end ?? 0).replace(/^:\s*/, "");
        return `${member.readonly === true ? "readonly " : ""}${member.key.name}: ${type}`;
      });
      const known = Object.entries(header.fields).map(([name, field]) => {
        const readonly = field.kind === "bits" && field.scale !== 1 ? "readonly " : "";
        return `${readonly}${name}: ${typeName(field.type)}`;
      });
      assert.deepEqual(shown, known, id.name);
    }
    assert.deepEqual(seen, Object.keys(HEADERS));
    for (const [name, { size }] of Object.entries(HEADERS)) {
      assert.equal((net as unknown as Record<string, { size: number }>)[name]?.size, size);
    }
  });

  test("is what the compiler's tables make of it", () => {
    const words = (text: string) => text.replace(/,?\s+/g, "").replace(/;/g, "");
    for (const [name, text] of library()) {
      const found = readFileSync(new URL(`../../src/bpf/${name}`, import.meta.url), "utf8");
      assert.ok(words(found) === words(text), `${name}: run node scripts/generate-bpf-library.ts`);
    }
  });

  test("says what to do when a program is run as JavaScript", () => {
    assert.equal(XDP_DROP, 1);
    assert.throws(
      () => xdp(() => XDP_DROP),
      (error) => error instanceof NotCompiledError && error.called === "xdp",
    );
    assert.throws(() => array({ maxEntries: 1 }), /skep run FILE/);
  });
});

describe("headers", () => {
  test("have fields that lie within them and do not overlap, but for flags and what holds them", () => {
    for (const [name, header] of Object.entries(HEADERS)) {
      const taken = new Map<number, string>();
      for (const [field, place] of Object.entries(header.fields)) {
        if (name === "Tcp" && place.kind === "bits" && place.offset === 13) continue;
        const [first, count] =
          place.kind === "bytes"
            ? [place.offset * 8, bitsOf(place.type)]
            : [place.offset * 8 + bitsOf(place.unit) - place.shift - place.bits, place.bits];
        for (let bit = first; bit < first + count; bit++) {
          assert.ok(bit < header.size * 8, `${name}.${field} is inside`);
          assert.equal(taken.get(bit), undefined, `${name}.${field} has bit ${bit} for itself`);
          taken.set(bit, field);
        }
      }
    }
  });
});

function bitsOf(
  type: { kind: "int"; bits: number } | { kind: "network"; host: { bits: number } } | { kind: "array"; length: number },
): number {
  return type.kind === "int" ? type.bits : type.kind === "network" ? type.host.bits : type.length * 8;
}
