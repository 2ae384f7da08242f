/** `skep new`: for every hook a project that works as it is made, with the package as it is published. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { TEMPLATES, templateFor } from "../../src/cli/project.ts";
import { HOOKS } from "../../src/compiler/typescript/library/hooks.ts";
import { Folder, ROOT, skep } from "../cli/skep.ts";

const run = promisify(execFile);

const folder = new Folder();
after(() => folder[Symbol.dispose]());

before(async () => {
  await run("npm", ["pack", "--silent", "--pack-destination", folder.path], { cwd: ROOT });
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const modules = join(folder.path, "node_modules");
  mkdirSync(join(modules, "skep"), { recursive: true });
  await run("tar", ["-xzf", join(folder.path, `skep-${version}.tgz`), "--strip-components=1", "-C", join(modules, "skep")]);
  for (const name of ["@babel", "@koromix", "@types", "koffi", "pako", "undici-types"])
    symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
});

const published = (args: readonly string[], cwd: string) =>
  run(process.execPath, [join(folder.path, "node_modules/skep/bin/skep.js"), ...args], { cwd });

for (const template of Object.keys(TEMPLATES)) {
  test(`${template}: compiles, type-checks, and its test passes`, async () => {
    const name = `my-${template}`;
    await published(["new", name, "--hook", template], folder.path);
    const project = join(folder.path, name);
    const expected = [".gitignore", "README.md", "main.ts", `${name}.bpf.ts`, `${name}.test.ts`, "package.json", "tsconfig.json"];
    assert.deepEqual(
      readdirSync(project)
        .filter((file) => file !== "vmlinux.d.ts")
        .sort(),
      expected.sort(),
    );
    await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", project]);
    // Without what this runner tells its own children.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap"], { cwd: project, env });
    assert.match(stdout, /^# pass [1-9]/m);
    const target = template === "own-hook" ? "embedded" : "kernel";
    await published(["compile", `${name}.bpf.ts`, "-o", "out.o", "--target", target], project);
    for (const file of ["README.md", "main.ts", `${name}.test.ts`])
      assert.doesNotMatch(readFileSync(join(project, file), "utf8"), /program\.bpf\.ts/);
    assert.doesNotMatch(readFileSync(join(project, "README.md"), "utf8"), /undefined|\| {2}\|/);
  });
}

test("the own hook's application runs", async () => {
  const { stdout } = await run(process.execPath, ["main.ts"], { cwd: join(folder.path, "my-own-hook") });
  assert.match(stdout, /5000 bytes: refused/);
});

test("every group of hooks has a template, under whatever name people call it", () => {
  for (const name of ["tp_btf", "tpBtf", "raw_tp", "perf_event", "SOCKOPS", "cgroup/connect4", "iter", "hook", "cgroupSkbEgress"])
    assert.notEqual(templateFor(name), null, name);
  assert.equal(templateFor("nothing"), null);
  const known = [...HOOKS.keys()];
  for (const aliases of Object.values(TEMPLATES))
    for (const alias of aliases.filter((name) => /[A-Z]/.test(name) && name !== "rawTp")) assert.ok(known.includes(alias), alias);
});

test("nothing is overwritten, and what is wrong is said", async () => {
  using folder = new Folder();
  folder.file("there", "");
  mkdirSync(join(folder.path, "full"));
  folder.file("full/file", "");
  mkdirSync(join(folder.path, "empty"));
  for (const [args, status, message] of [
    [["there"], 4, /there is there already, and nothing is overwritten/],
    [["full"], 4, /nothing is overwritten/],
    [["9x"], 2, /cannot be the name of a project/],
    [["x", "--hook", "xpd"], 2, /did you mean xdp\?/],
    [["x", "--hook", "moon"], 2, /there are xdp, tc/],
    [[], 2, /NAME/],
  ] as const) {
    const ended = await skep(["new", ...args], { cwd: folder.path });
    assert.equal(ended.status, status, ended.stderr);
    assert.match(ended.stderr, message);
  }
  assert.deepEqual(readdirSync(join(folder.path, "full")), ["file"]);
  assert.ok(!existsSync(join(folder.path, "x")));
  const made = await skep(["new", "empty", "--skep", "../skep", "--json"], { cwd: folder.path });
  assert.equal(made.status, 0, made.stderr);
  const { dependencies } = JSON.parse(readFileSync(join(folder.path, "empty/package.json"), "utf8"));
  assert.match(dependencies.skep, /^file:\/.*skep$/);
});
