/**
 * docs/debugger.md works as it is written: its session says what it says, its commands and its code run.
 *
 * `UPDATE_DOCS=1 node --test test/cli/debugger-docs.test.ts` writes the answers of the session anew.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { Folder, ROOT, skep } from "./skep.ts";

const PATH = join(ROOT, "docs/debugger.md");
const PAGE = readFileSync(PATH, "utf8");
const PROMPT = "(skep) ";

function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "ms").exec(PAGE)?.[1];
  assert.ok(found !== undefined, language);
  return found;
}

/** Arguments behind `npx skep`, as a shell takes them apart. */
function argumentsOf(command: string): string[] {
  const words: string[] = command.match(/'[^']*'|\S+/g) ?? [];
  return words.slice(words.indexOf("skep") + 1).map((word) => word.replace(/^'(.*)'$/, "$1"));
}

/** Where things lie in memory depends on how large the engine's own parts are. */
const withoutAddresses = (text: string): string => text.replace(/0x[0-9a-f]{5,}/g, "0x…");

test("the session", async () => {
  const text = block("console");
  const [first = "", ...lines] = text.trimEnd().split("\n");
  const commands = lines.filter((line) => line.startsWith(PROMPT)).map((line) => line.slice(PROMPT.length));
  // Behind each command stands one whose answer nobody else gives: what is before it is the answer.
  const marked = commands.flatMap((command, at) => [`print ${7_000_000 + at}`, command]);
  const { stdout, stderr, status } = await skep(argumentsOf(first), { input: `${marked.join("\n")}\n` });
  assert.equal(stderr, "");
  assert.equal(status, 0);
  const answers = stdout.split(/^7\d{6} = .*\n/m);
  assert.equal(answers.length, commands.length + 1);
  const session = [
    first,
    answers[0]?.trimEnd(),
    ...commands.map((command, at) => `${PROMPT}${command}\n${answers[at + 1]}`.trimEnd()),
  ];
  const written = `${session.join("\n")}\n`;
  if (process.env["UPDATE_DOCS"] === "1")
    writeFileSync(
      PATH,
      PAGE.replace(text, () => written),
    );
  else assert.equal(withoutAddresses(text), withoutAddresses(written));
});

test("the command of a script", async () => {
  const [printed = "", command = ""] = block("sh").trim().split(" | ");
  const input = /^printf '(.*)'$/.exec(printed)?.[1]?.replaceAll("\\n", "\n") ?? "";
  const { stdout, status } = await skep(argumentsOf(command), { input });
  assert.equal(status, 0);
  const types = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  assert.deepEqual(types, ["stop", "stop", "registers"]);
});

test("the code", () => {
  using folder = new Folder();
  const code = block("ts");
  const index = pathToFileURL(join(ROOT, "src/embedded.ts")).href;
  const script = folder.file("example.ts", code.replace('from "skep/embedded"', `from "${index}"`));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
  assert.deepEqual(stdout.trim().split("\n"), said);
});
