import StrataModel
import StrataRefs

extension Mutant {
    /// A change of the branch that HEAD names is not in HEAD's reflog.
    static let headWithoutLog = Mutant(
        "HEAD's reflog is missing", foundBy: "HEAD's reflog:", "concurrency: reflogs"
    ) {
        let good = $0.log
        $0.log = { state, edit in if edit.name != .head { good(&state, edit) } }
    }
}
