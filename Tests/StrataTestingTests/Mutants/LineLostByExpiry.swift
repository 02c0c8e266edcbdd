import StrataModel
import StrataRefs

extension Mutant {
    /// HEAD's reflog is written without HEAD's lock, and expiring it drops the line that comes meanwhile.
    static let lineLostByExpiry = Mutant("expiring a reflog drops a line", foundBy: "concurrency: reflogs") {
        $0.locks = { $0 != .head }
        $0.expire = { $0.wait() }
    }
}
