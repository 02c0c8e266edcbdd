import StrataObjects

/// Runs random histories of objects. One in which something is wrong is made as small as it goes; after three that is enough.
func checkObjectHistories(
    _ make: @escaping @Sendable () throws -> SharedObjects, _ options: ObjectStoreCheckOptions,
    _ report: inout StoreReport
) {
    let check = "histories: as the model"
    guard options.histories > 0 else { return }
    func makeTrial() throws -> ObjectTrial { try ObjectTrial(make(), options) }
    var failures: [StoreFailure] = []
    report.check(check) {
        let first = try makeTrial()
        guard first.writer.capabilities.contains(.writes) else {
            throw NotApplicable("nothing can be put into the store; see checkObjectStore(_:sharing:)")
        }
        let pool = try ObjectHistoryPool(first.algorithm)
        for number in 0..<options.histories where failures.count < 3 {
            let seed = options.seed &+ UInt64(number)
            var generator = ObjectHistoryGenerator(first, pool, seed: seed)
            let history = generator.history(options.stepsPerHistory)
            guard let (step, finding) = try ObjectHistoryRun.firstDifference(history, pool, makeTrial) else { continue }
            var shrinking = HistoryShrinking(Array(history[...step]), finding) { history in
                (try? ObjectHistoryRun.firstDifference(history, pool, makeTrial))?.finding
            }
            shrinking.run()
            failures.append(
                StoreFailure("\(check), seed \(seed)", shrinking.finding, history: shrinking.history.map(\.text)))
        }
    }
    report.failures += failures
}
