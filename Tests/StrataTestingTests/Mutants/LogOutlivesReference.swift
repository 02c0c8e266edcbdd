import StrataRefs

extension Mutant {
    /// A deleted reference leaves its reflog, which the next of that name goes on with.
    static let logOutlivesReference = Mutant(
        "a reflog outlives its reference", foundBy: "reflog", "concurrency: reflogs"
    ) {
        $0.log = { state, edit in
            if let line = edit.reflog, edit.createsReflog || state.logs[edit.name] != nil {
                state.logs[edit.name, default: []].append(line)
            }
        }
    }
}
