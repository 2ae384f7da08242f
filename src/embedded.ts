/** What runs anywhere JavaScript does: compile text, open the embedded engine, read captures. No `node:` module below here. */

export * from "./btf/index.ts";
export { compileSource } from "./compiler/compile.ts";
export { type Clock, realClock, type VirtualClock, virtualClock } from "./engine/embedded/clock.ts";
export { type BreakAt, type Breakpoint, BreakpointError } from "./engine/embedded/debug/breakpoints.ts";
export type { Changes } from "./engine/embedded/debug/changes.ts";
export { ExpressionError, type Value } from "./engine/embedded/debug/expression.ts";
export type { PacketField, PacketLayer } from "./engine/embedded/debug/layers.ts";
export { type DebugOptions, type DebugSession, debug } from "./engine/embedded/debug/session.ts";
export type { DebugState, Frame, Stop } from "./engine/embedded/debug/state.ts";
export { type EmbeddedEngine, type EmbeddedOptions, openEmbedded } from "./engine/embedded/engine.ts";
export { CaptureError, type CapturePacket } from "./engine/embedded/host/capture.ts";
export { RecordingError, type RecordingHeader, readHeader } from "./engine/embedded/host/event-recording.ts";
export { type Driven, type DriveOptions, drive, packets, type TrafficOptions } from "./engine/embedded/host/generator.ts";
export { type CaptureReader, openCapture } from "./engine/embedded/host/read-capture.ts";
export { type ReplayResult, replay } from "./engine/embedded/host/replay.ts";
export { type ReplayEventsResult, replayEvents } from "./engine/embedded/host/replay-events.ts";
export { CaptureWriter } from "./engine/embedded/host/write-capture.ts";
export { type RawOptions, type RawResult, runRaw } from "./engine/embedded/raw.ts";
export type { CgroupDecision, CgroupEvent, Groups } from "./engine/embedded/room/cgroup-hooks.ts";
export type { Emitted, EventMeta, PerfValue, Stacks } from "./engine/embedded/room/events.ts";
export type { FieldValue, KernelObject } from "./engine/embedded/room/kernel-objects.ts";
export type {
  DeviceDescription,
  NeighbourDescription,
  NetworkDescription,
  RouteDescription,
} from "./engine/embedded/room/network-description.ts";
export type { DeviceCounters, Network, PacketDevice, PacketMeta } from "./engine/embedded/room/packet-host.ts";
export type { PacketRing, RingOptions } from "./engine/embedded/room/packet-ring.ts";
export type { Process, ProcessDescription } from "./engine/embedded/room/processes.ts";
export type { ReceivedMany, ReceiveManyOptions } from "./engine/embedded/room/receive-many.ts";
export type { RoomDescription } from "./engine/embedded/room/room.ts";
export { CpuError } from "./engine/embedded/threads/error.ts";
export { type CpuPort, serveCpu } from "./engine/embedded/threads/serve-cpu.ts";
export type { Thread, ThreadEvents, Threads } from "./engine/embedded/threads/threads.ts";
export { type WebWorker, webThreads } from "./engine/embedded/threads/web.ts";
export type * from "./engine/engine.ts";
export * from "./engine/errors.ts";
export * from "./object/index.ts";
