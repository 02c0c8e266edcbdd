import StrataModel
import StrataRefs

/// The lines of reflogs.
extension LMDBCheckRun {
    func checkLogs(_ tree: LMDBTree) {
        var orphan: (log: UInt64, lines: Int)?
        func reportOrphan() {
            if let orphan {
                report.add(.warning, "\(orphan.lines) lines of reflog \(orphan.log), which no reference has")
            }
            orphan = nil
        }
        unsafe walk(tree, TreeKind(name: "logs")) { record in
            unsafe visit?("logs", record.key, record.value)
            let page = unsafe record.page
            guard let metadata else { return }
            guard unsafe record.key.count == LMDBLogLine.keyCount else {
                return unsafe report.add(.damage, page: page, name: Array(record.key), "it is no number of a line")
            }
            report.reflogLines += 1
            let (log, line): (UInt64, UInt64) = unsafe (record.key.number(at: 0), record.key.number(at: 8))
            if !logs.contains(log) {
                if orphan?.log != log { reportOrphan() }
                orphan = (log, (orphan?.lines ?? 0) + 1)
            }
            if line == 0 || log == 0 || log >= metadata.nextLog {
                report.add(
                    .damage, page: page, "line \(line) of reflog \(log), and the next is to get \(metadata.nextLog)")
            }
            do throws(LMDBFailure) {
                let bytes = unsafe try LMDBLogLine.line(record.value, metadata.algorithm)
                let isSplit = unsafe record.value.first == 1
                if bytes.dropLast().contains(0x0a) || isSplit && bytes.contains(0) {
                    report.add(.damage, page: page, "line \(line) of reflog \(log) has bytes that end lines")
                } else if isSplit, ReflogLine.parse(bytes.span, metadata.algorithm) == nil {
                    report.add(.warning, page: page, "line \(line) of reflog \(log) is malformed")
                }
            } catch {
                report.add(.damage, page: page, "line \(line) of reflog \(log): \(error)")
            }
        }
        reportOrphan()
    }
}
