/** `skep portability FILE`: on which kernels a program loads, without having them. */

import { readFileSync } from "node:fs";
import type { KernelTarget } from "../../object/requirements/portability.ts";
import { parseKernelVersion } from "../../object/requirements/version.ts";
import { type Arguments, type CommandHelp, fileOperand } from "../arguments.ts";
import { CliError, EXIT, type ExitStatus } from "../exit.ts";
import { toJson } from "../maps.ts";
import { naming, openSpec, openTypes, TYPES_HELP, write } from "../sources.ts";
import { styleFor } from "../terminal.ts";

const help: CommandHelp = {
  name: "portability",
  summary: "check on which kernels a program loads, offline",
  operands: "FILE [--btf TYPES …] [--kernel VERSION,…]",
  options: {
    btf: { value: "TYPES", multiple: true, help: "a kernel by its types: what CO-RE relocations and kernel functions need" },
    kernel: { value: "VERSION,…", multiple: true, help: "kernels by version, e.g. 5.15,6.1: what is too new for them" },
  },
  notes: [
    "FILE is a .bpf.ts or C source, or an object file.",
    `${TYPES_HELP[0]?.toUpperCase()}${TYPES_HELP.slice(1)}.`,
    "Without --btf and --kernel: the minimum kernel and all that the program requires.",
    "Code that is reached only after asking the kernel does not count; --verbose lists it. What a verifier thinks of the program is not checked.",
    "Ends with status 7 when one of the kernels cannot load the program.",
  ],
  examples: ["skep portability prog.o --btf 6.1.btf --btf 6.12.btf", "skep portability prog.o --kernel 5.10,5.15,6.1 --json"],
};

async function execute(args: Arguments): Promise<ExitStatus> {
  const file = fileOperand(help, args, " (types go behind --btf)");
  const versions = args.values("kernel").flatMap(parseVersions);
  const spec = await openSpec(file);
  const { checkPortability } = await import("../../object/requirements/portability.ts");
  const { minimumKernel, requirementsOf } = await import("../../object/requirements/requirements.ts");
  const reports = [];
  // One after the other: a kernel's types are 5 MB, and some people have hundreds.
  for (const name of args.values("btf")) {
    const btf = await openTypes(name);
    const target: KernelTarget = { name, btf: btf.base === null ? [btf] : [btf.base, btf], ...versionOf(name) };
    reports.push(await naming(file, () => checkPortability(spec, target)));
  }
  for (const version of versions) reports.push(await naming(file, () => checkPortability(spec, { name: version, version })));
  const requirements = requirementsOf(spec);
  const minimum = minimumKernel(spec, requirements);
  if (args.flag("json")) {
    const { version: minimumVersion, because } = minimum;
    await write(`${toJson({ file, minimumKernel: minimumVersion, because, requirements, kernels: reports })}\n`);
  } else {
    const { renderPortability } = await import("../render-portability.ts");
    const found = { reports, requirements, minimum, hasRelocations: spec.programs.some(({ core = [] }) => core.length > 0) };
    await write(renderPortability(found, styleFor(process.stdout), { verbose: args.flag("verbose") }));
  }
  return reports.every(({ loads }) => loads) ? EXIT.ok : EXIT.feature;
}

function parseVersions(text: string) {
  return text.split(",").map((part) => {
    const version = parseKernelVersion(part.trim());
    if (version !== null) return version;
    throw new CliError(EXIT.usage, `--kernel takes versions like 5.15,6.1, found ${JSON.stringify(part)}`);
  });
}

/** Of the running kernel the version is known, too. */
function versionOf(types: string): Pick<KernelTarget, "version"> {
  if (types !== "kernel" && !types.startsWith("kernel:")) return {};
  const version = parseKernelVersion(readFileSync("/proc/sys/kernel/osrelease", "utf8").trim());
  return version === null ? {} : { version };
}

export const portability = { help, run: execute };
