// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of programs
/** Templates of helpers that write text: `bpf_snprintf`, and `bpf_seq_printf` of iterators. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileSource } from "../../src/compiler/compile.ts";
import { kernelTypes } from "../../src/kernels/types.ts";
import { counted, run } from "./program.ts";
import { check, row } from "./refusals.ts";

function source(body: string): string {
  return `import { array, bpf_snprintf, i16, print, type FixedString, u8, type u16, type u32, type u64, XDP_PASS, xdp } from "skep/bpf";
import { Ethernet, Ipv4, Ipv6 } from "skep/bpf/net";
export const texts = array<FixedString<64>>({ maxEntries: 1 });
export const lengths = array<u64>({ maxEntries: 1 });
export const p = xdp((ctx) => {
  const eth = ctx.packet.at(Ethernet, 0);
  const ip = ctx.packet.at(Ipv4, 14);
  if (eth === null || ip === null) return XDP_PASS;
  const name: FixedString<8> = "skep";
  const text: FixedString<64> = "";
  const length = ${body};
  lengths.set(0, length < 0 ? 0 : length as u64);
  texts.set(0, text);
  return XDP_PASS;
});`
    .replace("length < 0 ? 0 : length as u64", "u64(length)")
    .replace("type u64,", "u64,");
}

async function written(template: string): Promise<readonly [unknown, unknown]> {
  const { maps } = await run(source(`bpf_snprintf(text, ${template})`), [counted()]);
  return [maps["texts"]?.get(0), maps["lengths"]?.get(0)];
}

describe("a template is written as JavaScript would", () => {
  const name = "skep";
  const [protocol, total] = [23, 0x1011];
  const rows: readonly (readonly [template: string, expected: string])[] = [
    ["`nothing`", "nothing"],
    ['"100 %"', "100 %"],
    ["`${ip.protocol}/${ip.totalLength}`", `${protocol}/${total}`],
    ["`${ip.protocol.toString()}`", protocol.toString()],
    ["`${ip.totalLength.toString(16)}`", total.toString(16)],
    ["`[${ip.protocol.toString().padStart(5)}]`", `[${protocol.toString().padStart(5)}]`],
    ['`[${ip.protocol.toString().padStart(5, "0")}]`', `[${protocol.toString().padStart(5, "0")}]`],
    ["`[${ip.protocol.toString().padEnd(5)}]`", `[${protocol.toString().padEnd(5)}]`],
    ['`[${ip.totalLength.toString(16).padStart(8, "0")}]`', `[${total.toString(16).padStart(8, "0")}]`],
    ["`[${name.padEnd(6)}|${name.padStart(6)}]`", `[${name.padEnd(6)}|${name.padStart(6)}]`],
    ["`${String.fromCharCode(65)}${String.fromCharCode(ip.protocol + 43)}`", `A${String.fromCharCode(protocol + 43)}`],
    ["`${i16(-5)} ${ip.protocol > 5}`", "-5 1"],
    ["`${(7).toString().padEnd(3)}|`", "7  |"],
    ["`${ip.source}`", "26.27.28.29"],
    ["`${eth.source}`", "06:07:08:09:0a:0b"],
  ];
  for (const [template, expected] of rows) {
    test(template, async () => assert.deepEqual(await written(template), [expected, BigInt(expected.length + 1)]));
  }
});

test("rows of iterators", () => {
  const text = `import { bpf_seq_printf, iterator } from "skep/bpf";
export const tasks = iterator("task", (ctx) => {
  const task = ctx.task;
  if (task === null) return;
  const failed = bpf_seq_printf(ctx.meta.seq, \`\${task.pid.toString().padEnd(8)} \${task.comm}\\n\`);
  if (failed !== 0) bpf_seq_printf(ctx.meta.seq, "full\\n");
});`;
  const spec = compileSource(text, { file: "tasks.bpf.ts", kernel: () => kernelTypes("6.18") });
  const [data] = spec.maps;
  assert.ok(data?.contents?.kind === "bytes");
  assert.match(new TextDecoder().decode(data.contents.bytes), /%-8d %s\n\0+full\n\0/);
});

test("what is refused", () => {
  const refused = (code: Parameters<typeof row>[0], body: string, place: string, hint?: RegExp) =>
    row(
      code,
      `import { bpf_snprintf, type FixedString, kprobe } from "skep/bpf";\nexport const p = xdp((ctx) => {\n  const text: FixedString<8> = "";\n  const eth = ctx.packet.at(Ethernet, 0);\n  if (eth === null) return XDP_PASS;\n  const n = ${body};\n  return XDP_PASS;\n});`,
      place,
      hint,
    );
  check([
    refused("SK3102", "bpf_snprintf(text, `${eth}`)", "eth"),
    refused("SK3102", "bpf_snprintf(text, `grüß`)", "grüß"),
    refused("SK3102", "bpf_snprintf(text, `${eth.source.padEnd(20)}`)", "eth.source"),
    refused("SK2101", "bpf_snprintf(5, `a`)", "5"),
    refused("SK2106", "bpf_snprintf(text, `a`, null)", "bpf_snprintf(text, `a`, null)", /template|…/),
    refused("SK2101", "bpf_snprintf(text, `${String.fromCharCode(eth)}`)", "eth"),
  ]);
});
