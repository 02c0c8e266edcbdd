import StrataFiles
import StrataIO
import StrataModel
import SystemPackage

/// What `store sweep` prints: a line for each thing done.
enum StoreSweepText {
    static func lines(of sweep: RefSweep) -> [String] {
        var lines: [String] = []
        for intent in sweep.intents {
            lines.append("finished the transaction of '\(intent.path)'")
            lines += intent.changed.map { "  changed \($0)" }
            lines += intent.done.map { "  had been done \($0)" }
            lines += intent.movedOn.map { "  left, for it had moved on, \($0)" }
        }
        lines += sweep.locks.locks.map { "removed lock '\($0)'" }
        lines += sweep.locks.values.map { "removed unpublished value '\($0)'" }
        lines += sweep.locks.owners.map { owner in
            // Of a record that was lost the name alone is known.
            owner.pid == 0
                ? "removed what owner \(owner.id) left"
                : "removed what process \(owner.pid) on \(owner.host) left"
        }
        return lines
    }
}
