import StrataModel
import StrataObjects

/// What a pack's entries are, as `verify-pack -v` prints it. Git's function: `show_pack_info`.
enum PackListing {
    static func print(_ report: PackReport, statisticsOnly: Bool, _ output: OutputBuffer) throws(ObjectError) {
        for place in 0..<(statisticsOnly ? 0 : report.count) {
            let entry = try report.entry(place)
            let kind = entry.kind.name
            output.append { bytes in
                entry.id.appendHex(to: &bytes)
                bytes += Bytes(" \(kind)\(String(repeating: " ", count: max(0, 6 - kind.utf8.count)))")
                bytes += Bytes(" \(entry.size) \(entry.storedSize) \(entry.offset)")
                if let base = entry.base {
                    bytes += Bytes(" \(entry.depth) ")
                    base.appendHex(to: &bytes)
                }
                bytes.append(0x0a)
            }
        }
        func objects(_ count: Int) -> String { "\(count) object\(count == 1 ? "" : "s")" }
        if report.wholeCount > 0 { output.append("non delta: \(objects(report.wholeCount))\n") }
        for (place, count) in report.chainLengths.enumerated() where count > 0 {
            output.append("chain length = \(place + 1): \(objects(count))\n")
        }
    }
}
