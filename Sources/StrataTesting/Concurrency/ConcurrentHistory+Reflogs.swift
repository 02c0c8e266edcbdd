import StrataModel
import StrataRefs

extension ConcurrentHistory {
    /// What is wrong with the reflogs: each is the chain of the changes of its reference since that was made, and HEAD's that of its branch.
    func reflogFailures() -> [StoreFailure] {
        guard capabilities.contains(.reflogs), let reflogs = store.reflogs else { return [] }
        var failures: [StoreFailure] = []
        for slot in script.slots where slot != HistoryValues.link {
            // What failed without a verdict may have left its line.
            if records.written[slot]?.contains(where: { !$0.isCertain }) ?? false { continue }
            if let failure = failure(of: HistoryValues.names[slot], slot, reflogs) { failures.append(failure) }
            if slot == HistoryValues.main, script.hasHead, let failure = failure(of: .head, slot, reflogs) {
                failures.append(failure)
            }
        }
        return failures
    }

    private func failure(of name: RefName, _ slot: Int, _ reflogs: any ReflogStore) -> StoreFailure? {
        do throws(RefError) {
            var lines: [(old: Int?, new: Int?)] = []
            try reflogs.read(name, newestFirst: false) { entry throws(RefError) in
                lines.append((script.values.number(of: entry.old), script.values.number(of: entry.new)))
                return true
            }
            guard let (finding, part) = finding(lines, name, slot) else { return nil }
            let words = lines[part].map { "\(text($0.old)) to \(text($0.new))" }
            return StoreFailure(ConcurrencyCheck.reflogs, "the log of '\(name)' \(finding)", history: words)
        } catch {
            return StoreFailure(ConcurrencyCheck.reflogs, "the log of '\(name)' cannot be read: \(error)")
        }
    }

    /// What is wrong with `lines`, and in which of them it shows.
    private func finding(
        _ lines: [(old: Int?, new: Int?)], _ name: RefName, _ slot: Int
    ) -> (String, Range<Int>)? {
        let isHead = name == .head
        let isExpired = records.expired.contains(name)
        let written = records.written[slot] ?? []
        let end = max(0, lines.count - 2)..<lines.count
        if final[slot] == 0 && !isHead { return lines.isEmpty ? nil : ("is there, and its reference is not", end) }
        if isHead && !isExpired && written.isEmpty && initial[slot] == 0 { return nil }
        guard let first = lines.first, let last = lines.last else { return ("is empty", 0..<0) }
        if first.old != 0 && !isExpired { return ("does not begin with nothing", 0..<1) }
        for (index, (line, next)) in zip(lines, lines.dropFirst()).enumerated() where line.new != next.old {
            return ("breaks between \(text(line.new)) and \(text(next.old))", index..<index + 2)
        }
        if last.new != final[slot] {
            return ("ends with \(text(last.new)), and the reference is \(text(final[slot]))", end)
        }
        if isHead && !isExpired {
            let logged = Set(lines.compactMap(\.new))
            for (value, _) in written where !logged.contains(value) { return ("does not have \(text(value))", 0..<0) }
        }
        return nil
    }

    private func text(_ number: Int?) -> String { number.map(HistoryValues.text) ?? "something foreign" }
}
