import StrataIO
import StrataObjects

/// Lets several threads write and read the same objects at random, through one or several stores.
///
/// What must hold: what one of them was told is there is there for all of them from then on, in every answer; what is seen is whole and right;
/// nothing is seen that nobody has written; every call returns.
func checkConcurrentObjects(
    _ make: () throws -> SharedObjects, _ options: ObjectStoreCheckOptions, _ report: inout StoreReport
) {
    let start = ContinuousClock.now
    var findings = ConcurrencyFindings()
    for number in 0..<options.concurrentHistories where findings.failures.isEmpty {
        do {
            let objects = try make()
            if number == 0 {
                findings.plan(for: objects)
                if findings.checked.isEmpty { break }
            }
            findings.failures += try run(number, objects, options)
        } catch {
            findings.failures.append(StoreFailure(ConcurrentObjectCheck.reading, "it fails: \(error)"))
        }
    }
    report.add(findings, took: ContinuousClock.now - start)
}

/// How long a call may take: machines can be busy.
private let patience = 60_000

/// Runs history `number`.
///
/// - Returns: what is wrong.
private func run(
    _ number: Int, _ objects: SharedObjects, _ options: ObjectStoreCheckOptions
) throws -> [StoreFailure] {
    let trial = try ObjectTrial(objects, options)
    let all = try ConcurrentObjects(trial, ObjectHistoryPool(trial.algorithm))
    let (ledger, recorder) = (ObjectLedger(), HistoryRecorder(patience: .milliseconds(patience)))
    // Something is there from the beginning, so that a store that is only read has it too.
    for object in stride(from: 0, to: all.contents.count, by: 5) {
        ledger.begin(object)
        try trial.put(all.contents[object])
        ledger.acknowledge(object)
    }
    let (handles, workers, steps) = (objects.handles, options.threads, options.stepsPerThread)
    let seed = options.seed &+ UInt64(number) &* 0x9e37_79b9
    let count = objects.upkeep == nil ? workers : workers + 1
    let hasEnded = WorkThreads.run(count, until: .after(milliseconds: 2 * patience)) { thread in
        if thread == workers {
            keepUp(thread, objects, rounds: max(1, steps / 6), recorder)
        } else {
            var worker = ObjectHistoryWorker(
                thread: thread, store: handles[thread % handles.count], trial: trial, objects: all, ledger: ledger,
                recorder: recorder, seed: seed)
            worker.run(steps: steps)
        }
    }
    var failures = recorder.all.failures
    guard hasEnded else {
        let calls = recorder.all.running.sorted { $0.key < $1.key }.map { "thread \($0.key): \($0.value)" }
        return failures + [StoreFailure(ConcurrentObjectCheck.returns, "calls do not return", history: calls)]
    }
    if failures.isEmpty { failures += end(trial, all, ledger, objects) }
    return failures
}

/// Does the upkeep again and again.
private func keepUp(_ thread: Int, _ objects: SharedObjects, rounds: Int, _ recorder: HistoryRecorder) {
    for _ in 0..<rounds {
        _ = recorder.call(thread, "upkeep") {
            do { try objects.upkeep?() } catch { recorder.fail(ConcurrentObjectCheck.upkeep, "it fails: \(error)") }
        }
        HistoryScript.pause()
    }
}

/// When nobody writes any more, what was written is there, and nothing else, in every store.
private func end(
    _ trial: ObjectTrial, _ all: ConcurrentObjects, _ ledger: ObjectLedger, _ objects: SharedObjects
) -> [StoreFailure] {
    do {
        let written = ledger.now.acknowledged.sorted()
        for store in objects.handles {
            try trial.expectThere(written.map { all.contents[$0] }, in: store, "in the end")
            try trial.expectListed(written.map { all.ids[$0] }, in: store, "in the end")
        }
    } catch {
        let finding = (error as? LawBroken)?.finding ?? "it fails: \(error)"
        return [StoreFailure(ConcurrentObjectCheck.reading, finding)]
    }
    return []
}

extension ConcurrencyFindings {
    /// The checks that apply.
    fileprivate mutating func plan(for objects: SharedObjects) {
        typealias Check = ConcurrentObjectCheck
        guard objects.handles.last?.capabilities.contains(.writes) == true else {
            skipped.append((Check.writing, "nothing can be put into the store; see checkObjectStore(_:sharing:)"))
            return
        }
        checked = [Check.reading, Check.walks, Check.abbreviations, Check.returns]
        let others: [(String, Bool, String)] = [
            (
                Check.writing, objects.handles.contains { $0.capabilities.contains(.writes) },
                "no store can be written"
            ),
            (Check.pins, objects.handles.contains { $0.capabilities.contains(.pins) }, "no store declares pins"),
            (Check.upkeep, objects.upkeep != nil, "there is no upkeep"),
        ]
        for (check, applies, reason) in others {
            if applies { checked.append(check) } else { skipped.append((check, reason)) }
        }
    }
}
