/** What people get wrong, and what they are told: one line on stderr and a documented exit status. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Folder, ROOT, skep } from "./skep.ts";

const FIREWALL = "examples/firewall.bpf.ts";
const OFFICE = "examples/captures/office.pcap";

for (const { what, args, status, says } of [
  { what: "an unknown command", args: ["rnu"], status: 2, says: /no command rnu; did you mean run\?/ },
  {
    what: "an unknown option",
    args: ["run", FIREWALL, "--replya", OFFICE],
    status: 2,
    says: /no option --replya; did you mean --replay\?/,
  },
  { what: "an option without its value", args: ["run", FIREWALL, "--replay"], status: 2, says: /--replay needs a value/ },
  { what: "no file", args: ["run"], status: 2, says: /needs a file/ },
  { what: "nowhere to run", args: ["run", FIREWALL], status: 2, says: /--replay|--interface/ },
  { what: "two places to run", args: ["run", FIREWALL, "--replay", OFFICE, "--interface", "lo"], status: 2, says: /one of/ },
  {
    what: "a missing source",
    args: ["run", "nosuch.bpf.ts", "--replay", OFFICE],
    status: 4,
    says: /nosuch\.bpf\.ts: no such file/,
  },
  { what: "a source that is a folder", args: ["compile", "examples.bpf.ts/.."], status: 4, says: /bpf\.ts/ },
  { what: "a folder to verify", args: ["verify", "examples"], status: 4, says: /^skep: examples: it is a folder$/m },
  { what: "a folder to explain", args: ["explain", "examples"], status: 4, says: /^skep: examples: it is a folder$/m },
  {
    what: "a text that is no verifier's log",
    args: ["explain", "README.md"],
    status: 4,
    says: /^skep: README\.md: this is no log of a verifier/m,
  },
  { what: "a binary that is no verifier's log", args: ["explain", OFFICE], status: 4, says: /no log of a verifier/ },
  {
    what: "a missing capture",
    args: ["run", FIREWALL, "--replay", "nosuch.pcap"],
    status: 4,
    says: /nosuch\.pcap: no such file/,
  },
  {
    what: "a file that is no capture",
    args: ["run", FIREWALL, "--replay", "package.json"],
    status: 4,
    says: /package\.json: not a capture/,
  },
  {
    what: "a program that is not there",
    args: ["run", FIREWALL, "--replay", OFFICE, "--program", "firewal"],
    status: 2,
    says: /did you mean firewall\?/,
  },
  {
    what: "a map that is not there",
    args: ["run", FIREWALL, "--replay", OFFICE, "--set", "bloked=1:1"],
    status: 4,
    says: /no map bloked; did you mean blocked\?/,
  },
  {
    what: "a setting without a colon",
    args: ["run", FIREWALL, "--replay", OFFICE, "--set", "blocked"],
    status: 2,
    says: /MAP=KEY:VALUE/,
  },
  {
    what: "a setting that is no JSON",
    args: ["run", FIREWALL, "--replay", OFFICE, "--set", "blocked={x}:1"],
    status: 2,
    says: /no JSON/,
  },
  {
    what: "a value that does not fit",
    args: ["run", FIREWALL, "--replay", OFFICE, "--set", 'blocked={"prefixLength":24,"address":"203.0.113.0"}:4294967296'],
    status: 4,
    says: /4294967296/,
  },
  {
    what: "an unknown field of a key",
    args: ["run", FIREWALL, "--replay", OFFICE, "--set", 'blocked={"prefixLen":24,"address":"203.0.113.0"}:1'],
    status: 4,
    says: /prefixLength/,
  },
  {
    what: "a prefix too long for an address",
    args: ["run", FIREWALL, "--replay", OFFICE, "--set", 'blocked={"prefixLength":33,"address":"203.0.113.0"}:1'],
    status: 4,
    says: /blocked/,
  },
  { what: "an unknown format", args: ["compile", FIREWALL, "--emit", "wasm"], status: 2, says: /asm, obj, bytes, json/ },
  {
    what: "a place that cannot be written",
    args: ["compile", FIREWALL, "-o", "/nosuch/folder/x"],
    status: 4,
    says: /\/nosuch\/folder\/x: no such file/,
  },
  {
    what: "an output folder that is not there",
    args: ["run", FIREWALL, "--replay", OFFICE, "--drop", "/nosuch/x.pcap"],
    status: 4,
    says: /\/nosuch\/x\.pcap: no such file/,
  },
]) {
  test(`${what}: status ${status}`, async () => {
    const ended = await skep(args);
    assert.equal(ended.status, status, ended.stderr);
    assert.match(ended.stderr, says);
    assert.equal(ended.stderr.trimEnd().split("\n").length, 1, `one line, found:\n${ended.stderr}`);
    assert.equal(ended.stdout, "");
  });
}

test("a source with an error shows the line with a caret, and nothing is run", async () => {
  using folder = new Folder();
  const source = readFileSync(join(ROOT, FIREWALL), "utf8").replace("return XDP_DROP", "return XDP_DORP");
  const file = folder.file("typo.bpf.ts", source);
  const { status, stderr, stdout } = await skep(["run", file, "--replay", OFFICE]);
  assert.equal(status, 3);
  assert.equal(stdout, "");
  const line = source.slice(0, source.indexOf("XDP_DORP")).split("\n").length;
  assert.match(stderr, new RegExp(`typo\\.bpf\\.ts:${line}:\\d+.*XDP_DORP`));
  assert.match(stderr, /\^/);
});

test("a source that is not TypeScript at all is refused the same way", async () => {
  using folder = new Folder();
  const { status, stderr } = await skep(["compile", folder.file("broken.bpf.ts", "export const = {{{")]);
  assert.equal(status, 3);
  assert.match(stderr, /broken\.bpf\.ts:1:\d+/);
});

test("a capture cut off in the middle of a record is used as far as it goes, and says what was lost", async () => {
  using folder = new Folder();
  const whole = readFileSync(join(ROOT, OFFICE));
  const file = folder.file("cut.pcap", whole.subarray(0, whole.length - 10));
  const { status, stderr, stdout } = await skep(["run", FIREWALL, "--replay", file, "--json"]);
  assert.equal(status, 0);
  assert.match(stderr, /cut\.pcap.*cut off/);
  const all = JSON.parse((await skep(["run", FIREWALL, "--replay", OFFICE, "--json"])).stdout);
  assert.equal(JSON.parse(stdout).packets, all.packets - 1);
});

test("an empty file is no capture", async () => {
  using folder = new Folder();
  const { status, stderr } = await skep(["run", FIREWALL, "--replay", folder.file("empty.pcap", "")]);
  assert.equal(status, 4);
  assert.match(stderr, /not a capture/);
});

test("--verbose says more", async () => {
  const short = await skep(["run", FIREWALL, "--replay", OFFICE, "--set", "blocked=1:1"]);
  const long = await skep(["run", FIREWALL, "--replay", OFFICE, "--set", "blocked=1:1", "--verbose"]);
  assert.equal(short.status, 4);
  assert.equal(long.status, 4);
  assert.ok(long.stderr.length >= short.stderr.length);
});

test("a reader that goes away is no error", async () => {
  const { status } = await skep(["--help"]);
  assert.equal(status, 0);
});
