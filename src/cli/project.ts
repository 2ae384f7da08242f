/** The files of a new project, from the templates that come with Skep. */

import { readdirSync, readFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { packageFolder } from "../package-folder.ts";

/** Folders of `templates/`, and the hooks that each shows how to use, as people may call them. */
export const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  xdp: ["xdpFrags"],
  tc: ["tcx", "tcxIngress", "tcxEgress", "clsact"],
  tracepoint: ["tp"],
  "tp-btf": ["fentry", "fexit"],
  "raw-tracepoint": ["rawTp"],
  kprobe: ["kretprobe"],
  uprobe: ["uretprobe", "usdt"],
  "perf-event": ["profile"],
  "cgroup-connect": ["cgroupConnect4", "cgroupConnect6", "connect4"],
  "cgroup-skb": ["cgroupSkbIngress", "cgroupSkbEgress"],
  "sock-ops": [],
  iterator: ["iter"],
  lsm: [],
  "own-hook": ["hook"],
};

/** The template for a hook, whatever is between the words of its name; null when there is none. */
export function templateFor(hook: string): string | null {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  for (const [template, others] of Object.entries(TEMPLATES))
    if ([template, ...others].some((name) => plain(name) === plain(hook))) return template;
  return null;
}

export interface ProjectOptions {
  /** Of the program's file and of the package: letters, digits, `-` and `_`. */
  readonly name: string;
  /** A folder of `templates/`. */
  readonly template: string;
  /** Of Skep, as package.json says it: a version, or where it lies. */
  readonly skep: string;
}

/** Files by name, but for the kernel's types. */
export function projectFiles({ name, template, skep }: ProjectOptions): Map<string, string> {
  const folder = packageFolder("templates");
  const files = new Map<string, string>();
  for (const source of ["common", template]) {
    for (const file of readdirSync(join(folder, source)))
      files.set(nameOf(file, name), named(readFileSync(join(folder, source, file), "utf8"), name));
  }
  const program = files.get(`${name}.bpf.ts`) ?? "";
  const kernelTypes = program.includes('"skep/vmlinux"');
  const scripts = {
    start: "node main.ts",
    test: "node --test",
    check: "tsc",
    verify: `skep verify ${name}.bpf.ts`,
    ...(kernelTypes ? { types: `skep types ${name}.bpf.ts -o vmlinux.d.ts` } : {}),
  };
  const manifest = {
    name: name.toLowerCase(),
    version: "0.0.0",
    private: true,
    type: "module",
    engines: { node: ">=22.18" },
    scripts,
    dependencies: { skep: dependency(skep) },
    devDependencies: { "@types/node": "^24.0.0", typescript: ">=5.9" },
  };
  files.set("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
  files.set("README.md", readme(name, program, files.get("main.ts") ?? "", kernelTypes));
  return files;
}

/** Templates are called `program`; their tests are not called as tests are, which packages leave out. */
function nameOf(file: string, name: string): string {
  if (file === "gitignore") return ".gitignore";
  if (file === "test.ts") return `${name}.test.ts`;
  return file.replace(/^program\./, `${name}.`);
}

function named(text: string, name: string): string {
  return text.replaceAll("program.bpf.ts", `${name}.bpf.ts`);
}

function dependency(skep: string): string {
  const isPath = isAbsolute(skep) || skep.startsWith(".") || skep.endsWith(".tgz");
  return isPath ? `file:${resolve(skep)}` : skep;
}

/** The first comment of a file. */
function opening(text: string): string {
  const lines = /^(?:\/\/ .*\n)+/.exec(text)?.[0] ?? "";
  return lines.replaceAll(/^\/\/ /gm, "").trim();
}

function readme(name: string, program: string, main: string, kernelTypes: boolean): string {
  const rows = [
    [`\`${name}.bpf.ts\``, "the program, in the part of TypeScript that eBPF can have"],
    ["`main.ts`", opening(main).replace(/: ([^:]*)$/, ": `$1`")],
    [`\`${name}.test.ts\``, "its tests, which need no privileges: they run in Skep's own engine"],
    ...(kernelTypes ? [["`vmlinux.d.ts`", "the kernel's types that it uses, for editors: `npm run types` makes it anew"]] : []),
  ];
  return `# ${name}

${opening(program)}

\`\`\`sh
npm install
npm test             # runs the tests
npm run check        # types, by tsc
npm run verify       # whether kernels take it, and if not, why
\`\`\`

| | |
|---|---|
${rows.map((row) => `| ${row.join(" | ")} |\n`).join("")}
`.replace(/\n\n$/, "\n");
}
