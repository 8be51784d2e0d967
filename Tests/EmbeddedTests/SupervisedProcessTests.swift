import Foundation
import Testing

@testable import Embedded

/// Children that are shell scripts: every way to live and die, without a server.
struct SupervisedProcessTests {
    /// A script that says "ready", notes its start, and waits.
    private func plan(
        _ folder: TestFolder,
        script: String,
        patience: Duration = .seconds(20),
        steps: [StopStep] = [StopStep(signal: SIGTERM, patience: .seconds(10))]
    ) throws -> SupervisedProcess.Plan {
        let log = ChildLog(path: folder.path + "/log")
        return SupervisedProcess.Plan(
            name: "Script",
            command: Command(
                program: "/bin/sh",
                arguments: [try folder.write("script", script), folder.path],
                account: .current,
                folder: folder.path
            ),
            log: log,
            prepare: { () async throws(EmbeddedError) in },
            isReady: { log.text(since: $0.logOffset).contains("ready") },
            patience: patience,
            stopSteps: steps
        )
    }

    private static let patient = "echo start >>starts; echo ready; while :; do sleep 0.02; done\n"

    @Test func startsAndStops() async throws {
        let folder = try TestFolder()
        let process = SupervisedProcess(try plan(folder, script: Self.patient), logger: quiet)
        #expect(process.state == .stopped)
        try await process.start()
        #expect(process.state == .running)
        let pid = try #require(await process.pid)
        #expect(LeftoverProcesses.name(of: pid) == "sh")
        #expect(getsid(pid) == pid)
        await process.stop()
        #expect(process.state == .stopped)
        #expect(kill(pid, 0) == -1)
        #expect(folder.text("starts") == "start\n")
    }

    @Test func canBeStartedAgain() async throws {
        let folder = try TestFolder()
        let process = SupervisedProcess(try plan(folder, script: Self.patient), logger: quiet)
        try await process.start()
        await process.stop()
        try await process.start()
        #expect(process.state == .running)
        await process.stop()
        #expect(folder.text("starts") == "start\nstart\n")
    }

    @Test func startsAgainWhatDied() async throws {
        let folder = try TestFolder()
        let process = SupervisedProcess(try plan(folder, script: Self.patient), logger: quiet)
        try await process.start()
        let first = try #require(await process.pid)
        kill(first, SIGKILL)
        try await eventually("another child runs") {
            if process.state == .running, let pid = await process.pid { pid != first } else { false }
        }
        await process.stop()
        #expect(folder.text("starts") == "start\nstart\n")
    }

    @Test func saysWhyItWaits() async throws {
        let folder = try TestFolder()
        let script = "if [ -e starts ]; then echo broken; exit 3; fi\n" + Self.patient
        let process = SupervisedProcess(try plan(folder, script: script), logger: quiet)
        try await process.start()
        kill(try #require(await process.pid), SIGKILL)
        try await eventually("the failed restart is seen") {
            if case .restarting(let reason) = process.state { reason.contains("broken") } else { false }
        }
        await process.stop()
        #expect(process.state == .stopped)
    }

    @Test func failedStartCarriesTheLastLines() async throws {
        let folder = try TestFolder()
        let script = "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; echo bad luck >&2; exit 3\n"
        let process = SupervisedProcess(try plan(folder, script: script), logger: quiet)
        let error = try #require(await #expect(throws: EmbeddedError.self) { try await process.start() })
        guard case .ended("Script", "ended with status 3", let log) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(log.count == 8)
        #expect(log.last == "bad luck")
        #expect(process.state == .stopped)
    }

    @Test func startHasATimeLimit() async throws {
        let folder = try TestFolder()
        let script = "echo hm; while :; do sleep 0.02; done\n"
        let process = SupervisedProcess(
            try plan(folder, script: script, patience: .milliseconds(200)),
            logger: quiet
        )
        await #expect(throws: EmbeddedError.notReady(program: "Script", seconds: 0, log: ["hm"])) {
            try await process.start()
        }
        #expect(await process.pid == nil)
    }

    @Test func missingProgramIsNotStarted() async throws {
        let folder = try TestFolder()
        var plan = try plan(folder, script: "")
        plan.command.program = "/nowhere/program"
        let process = SupervisedProcess(plan, logger: quiet)
        await #expect(throws: EmbeddedError.notStarted(program: "/nowhere/program", code: ENOENT)) {
            try await process.start()
        }
    }

    @Test func stubbornChildIsKilled() async throws {
        let folder = try TestFolder()
        let steps = [
            StopStep(signal: SIGINT, patience: .milliseconds(100)),
            StopStep(signal: SIGTERM, patience: .milliseconds(100)),
        ]
        let script = "trap 'echo INT >>signals' INT; trap 'echo TERM >>signals' TERM\n" + Self.patient
        let process = SupervisedProcess(try plan(folder, script: script, steps: steps), logger: quiet)
        try await process.start()
        let pid = try #require(await process.pid)
        await process.stop()
        #expect(kill(pid, 0) == -1)
        #expect(folder.text("signals") == "INT\nTERM\n")
    }

    @Test func stopsInACancelledTask() async throws {
        let folder = try TestFolder()
        let process = SupervisedProcess(try plan(folder, script: Self.patient), logger: quiet)
        try await process.start()
        let pid = try #require(await process.pid)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await process.stop()
        }
        await task.value
        #expect(kill(pid, 0) == -1)
    }

    @Test func cancelledStartLeavesNothing() async throws {
        let folder = try TestFolder()
        let script = "echo $$ >pid; while :; do sleep 0.02; done\n"
        let process = SupervisedProcess(try plan(folder, script: script), logger: quiet)
        let task = Task { try await process.start() }
        try await eventually("the child runs") { folder.text("pid").hasSuffix("\n") }
        task.cancel()
        await #expect(throws: EmbeddedError.cancelled) { try await task.value }
        let pid = try #require(pid_t(folder.text("pid").dropLast()))
        #expect(kill(pid, 0) == -1)
    }

    @Test func childInheritsNeitherFilesNorEnvironmentNorIgnoredSignals() async throws {
        setenv("PLANTWRIGHT_TEST_SECRET", "hush", 1)
        signal(SIGPIPE, SIG_IGN)
        let folder = try TestFolder()
        let leaked = open("/dev/null", O_RDONLY)  // without O_CLOEXEC
        defer { close(leaked) }
        let script =
            "ls /proc/self/fd >files; env >environment; grep SigIgn /proc/self/status >ignored\n" + Self.patient
        let process = SupervisedProcess(try plan(folder, script: script), logger: quiet)
        try await process.start()
        await process.stop()
        // Standard input, output, error and the descriptor of ls itself; the shell keeps its script at 10.
        let files = Set(folder.text("files").split(separator: "\n").map(String.init))
        #expect(files.subtracting(["10"]) == ["0", "1", "2", "3"])
        #expect(!folder.text("environment").contains("SECRET"))
        let mask = try #require(UInt64(folder.text("ignored").dropFirst("SigIgn:\t".count).dropLast(), radix: 16))
        #expect(mask & 1 << (SIGPIPE - 1) == 0)
    }
}
