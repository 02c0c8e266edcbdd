import StrataRefs

/// Runs random histories on stores beside the model. One that finds a difference is made as small as it goes; after three that is enough.
func checkHistories(
    _ make: @escaping @Sendable () throws -> SharedReferences, _ options: RefStoreCheckOptions,
    _ report: inout StoreReport
) {
    let check = "histories: as the model"
    guard options.histories > 0 else { return }
    func makeTrial() throws -> Trial { try Trial(make(), options) }
    let start = ContinuousClock.now
    var failed = 0
    do {
        let first = try makeTrial()
        guard first.writer.capabilities.contains(.writes), !HistoryGenerator.names(first).isEmpty else {
            report.skipped.append(
                StoreReport.Skip(
                    check: check, reason: "nothing can be put into the store; see checkRefStore(_:sharing:)"))
            return
        }
        for number in 0..<options.histories where failed < 3 {
            let seed = options.seed &+ UInt64(number)
            var generator = HistoryGenerator(first, seed: seed)
            let history = generator.history(options.stepsPerHistory)
            guard let (step, finding) = try HistoryRun.firstDifference(history, makeTrial) else { continue }
            failed += 1
            var shrinking = HistoryShrinking(Array(history[...step]), finding) { history in
                (try? HistoryRun.firstDifference(history, makeTrial))?.finding
            }
            shrinking.run()
            report.failures.append(
                StoreFailure(
                    "\(check), seed \(seed)", shrinking.finding,
                    history: shrinking.history.map { $0.text(first.letters) }))
        }
    } catch {
        report.failures.append(StoreFailure(check, "no store could be made: \(error)"))
    }
    report.checked.append(StoreReport.Check(name: check, time: ContinuousClock.now - start))
}
