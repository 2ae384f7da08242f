/** `switch` on texts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "../program.ts";
import { check, inside, row } from "../refusals.ts";

const TOP = `import { type FixedString } from "skep/bpf";
interface Named { n: u32; name: FixedString<16> }
function number(named: Named): u64 {
  switch (named.name) {
    case "cat": return 1;
    case "dog":
    case "wolf": named.n += 1; break;
    default: return 9;
    case "a mouse": return 5;
  }
  return 2;
}`;

const numberOf = (name: string) =>
  evaluate(`const named: Named = { n: 0, name: "${name}" }; return number(named) + named.n * 10;`, { top: TOP });

test("goes to the case that is the same text", async () => {
  const found = await Promise.all(["cat", "dog", "wolf", "a mouse", "", "cats", "ca"].map(numberOf));
  assert.deepEqual(found, [1n, 12n, 12n, 5n, 9n, 9n, 9n]);
});

test("what is refused", () =>
  check([
    row(
      "SK2306",
      'import { type FixedString } from "skep/bpf";\nexport const p = xdp(() => {\nconst x: FixedString<8> = "a";\nswitch (x) { case "b": return XDP_DROP; case "b": return XDP_PASS; default: return XDP_PASS; }\n});',
      '"b"',
    ),
    row(
      "SK3108",
      'import { type FixedString } from "skep/bpf";\nexport const p = xdp(() => {\nconst x: FixedString<4> = "a";\nswitch (x) { case "much too long": return XDP_DROP; default: return XDP_PASS; }\n});',
      '"much too long"',
    ),
    inside("SK2104", "switch (true) { default: return XDP_DROP; }", "true", /integers and texts/),
  ]));
