// Guards a control group until Ctrl-C: sudo node main.ts /sys/fs/cgroup/web 443 53

import { compile, openEngine } from "skep";

type Program = typeof import("./program.bpf.ts");

const [cgroup, ...ports] = process.argv.slice(2);
if (cgroup === undefined) throw new Error("which control group? node main.ts CGROUP PORT…");
await using engine = await openEngine("linux");
await using it = await engine.load<Program>(await compile(`${import.meta.dirname}/program.bpf.ts`));
for (const port of ports) it.maps.allowed.set(Number(port), 1n);
await using link = await it.programs.guard.attach({ cgroup });
console.log(`${link.description}; Ctrl-C ends it`);
await new Promise((done) => process.once("SIGINT", done));

console.table([...it.maps.refused].map(([port, refused]) => ({ port, refused })));
