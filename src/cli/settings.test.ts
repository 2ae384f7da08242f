import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSource } from "../compiler/compile.ts";
import { applyToSpec, parseSetting } from "./settings.ts";

test("a setting is MAP=KEY:VALUE with JSON on both sides", () => {
  const { map, key, value } = parseSetting('blocked={"prefixLength":24,"address":"203.0.113.0"}:1');
  assert.equal(map, "blocked");
  assert.deepEqual(key, { prefixLength: 24, address: "203.0.113.0" });
  assert.equal(value, 1);
});

for (const { text, key, value } of [
  { text: "m=1:2", key: 1, value: 2 },
  { text: "m=0x10:-3", key: 16, value: -3 },
  { text: "m=10.0.0.1:7", key: "10.0.0.1", value: 7 },
  { text: "m=2001:db8::1:7", key: "2001:db8::1", value: 7 },
  { text: 'm="a:b":{"x":[1,{"y":2}]}', key: "a:b", value: { x: [1, { y: 2 }] } },
  { text: "m=1:18446744073709551615", key: 1, value: 18446744073709551615n },
  { text: 'm={"at":9007199254740993}:true', key: { at: 9007199254740993n }, value: true },
  { text: 'm="with \\" quote:":1', key: 'with " quote:', value: 1 },
]) {
  test(`it reads ${text}`, () => {
    const setting = parseSetting(text);
    assert.deepEqual(setting.key, key);
    assert.deepEqual(setting.value, value);
  });
}

for (const { text, says } of [
  { text: "blocked", says: /MAP=KEY:VALUE/ },
  { text: "=1:2", says: /MAP=KEY:VALUE/ },
  { text: "m=1", says: /no colon/ },
  { text: 'm={"a":1}', says: /no colon/ },
  { text: "m=:1", says: /must not be empty/ },
  { text: 'm={"a":}:1', says: /no JSON/ },
]) {
  test(`it refuses ${text} and shows the form`, () => {
    assert.throws(() => parseSetting(text), { name: "CliError", status: 2, message: says });
  });
}

test("of a name that is a variable, all that follows is its value", () => {
  const source = `import { type bool, config, hash, type u16, type u32, xdp, XDP_PASS } from "skep/bpf";
    interface Limit { port: u16; rate: u32 }
    export const limit = config<Limit>({ port: 1, rate: 2 });
    export const on = config<bool>(false);
    export const m = hash<u32, u32>({ maxEntries: 1 });
    export const p = xdp(() => (on && limit.port === 1 ? XDP_PASS : XDP_PASS));`;
  const declared = compileSource(source, { file: "a.bpf.ts" });
  const { spec, settings } = applyToSpec(declared, ['limit={"port":443,"rate":7}', "on=true", "m=1:2"]);
  assert.deepEqual(
    settings.map(({ map }) => map),
    ["m"],
  );
  const [contents] = spec.maps.flatMap(({ contents }) => (contents?.kind === "bytes" ? [[...contents.bytes]] : []));
  assert.deepEqual(contents, [0xbb, 1, 0, 0, 7, 0, 0, 0, 1]);
  assert.throws(() => applyToSpec(declared, ["on=5"]), { name: "CliError", message: /--set on=5/ });
});
