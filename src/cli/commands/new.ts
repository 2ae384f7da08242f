/** `skep new NAME`: a project with a program, a user side and a test, that works. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { nearest } from "../../nearest.ts";
import { packageFolder } from "../../package-folder.ts";
import { type Arguments, type CommandHelp, fileOperand } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { projectFiles, TEMPLATES, templateFor } from "../project.ts";
import { write } from "../sources.ts";

const help: CommandHelp = {
  name: "new",
  summary: "make a project: a program for a hook, its user side and a test",
  operands: "NAME [--hook HOOK]",
  options: {
    hook: { value: "HOOK", help: `what the program is for (default xdp): ${Object.keys(TEMPLATES).join(", ")}` },
    skep: { value: "VERSION|PATH", help: "which Skep it depends on (default: this version)" },
  },
  notes: [
    "NAME is the folder to make; its last part is the name of the package and of the program's file.",
    "Nothing is overwritten: the folder must not be there, or be empty.",
  ],
  examples: ["skep new port-counter", "skep new who-opens --hook tracepoint"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const operand = fileOperand(help, args);
  const folder = resolve(operand);
  const name = basename(folder);
  if (!/^[A-Za-z][\w-]*$/.test(name)) {
    throw new CliError(
      EXIT.usage,
      `${JSON.stringify(name)} cannot be the name of a project: letters, digits, - and _, a letter first`,
    );
  }
  const hook = args.value("hook") ?? "xdp";
  const template = templateFor(hook);
  if (template === null) {
    const known = Object.entries(TEMPLATES).flatMap(([first, others]) => [first, ...others]);
    const near = nearest(hook, known);
    throw new CliError(
      EXIT.usage,
      `--hook: there is no template for ${hook}${near === null ? "" : `; did you mean ${near}?`} (there are ${Object.keys(TEMPLATES).join(", ")})`,
    );
  }
  const files = projectFiles({ name, template, skep: args.value("skep") ?? `^${ownVersion()}` });
  await addKernelTypes(files, `${name}.bpf.ts`);
  claim(folder, operand);
  for (const [file, text] of files) writeFileSync(join(folder, file), text, { flag: "wx" });
  const made = [...files.keys()].sort();
  if (args.flag("json")) await write(`${JSON.stringify({ folder, template, files: made })}\n`);
  else await write(`${operand}: ${made.join(" ")}\n\nNext:\n  cd ${operand}\n  npm install\n  npm test\n`);
  return EXIT.ok;
}

/** Makes the folder. @throws CliError when there is something in it already. */
function claim(folder: string, operand: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (readdirSync(folder).length === 0) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" && (error as NodeJS.ErrnoException).code !== "ENOTDIR") throw error;
  }
  throw new CliError(EXIT.input, `${operand} is there already, and nothing is overwritten: choose another name`);
}

/** For editors, of programs that use types of the kernel. */
async function addKernelTypes(files: Map<string, string>, file: string): Promise<void> {
  const text = files.get(file) ?? "";
  if (!text.includes('"skep/vmlinux"')) return;
  const [{ declareKernelTypes }, { kernelTypes }] = await Promise.all([
    import("../../compiler/kernel-types.ts"),
    import("../../kernels/btf.ts"),
  ]);
  const declared = declareKernelTypes([], [{ file, text }], {
    kernel: () => kernelTypes("6.18"),
    title: "Linux 6.18",
    resolve: () => () => null,
  });
  files.set("vmlinux.d.ts", declared.text);
}

function ownVersion(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(packageFolder("templates"), "../package.json"), "utf8"));
  return version;
}

export const newProject = { help, run: execute };
