// Watches a control group until Ctrl-C: sudo node main.ts /sys/fs/cgroup/web

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

const [cgroup] = process.argv.slice(2);
if (cgroup === undefined) throw new Error("which control group? node main.ts CGROUP");
await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
await using link = await it.programs.watch.attach({ cgroup });
console.log(`${link.description}; Ctrl-C ends it`);
await new Promise((done) => process.once("SIGINT", done));

console.log(`${it.variables.outgoing.get()} outgoing, ${it.variables.incoming.get()} incoming`);
