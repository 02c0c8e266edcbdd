import CrashSupport
import Glibc
import SystemPackage
import TestSupport
import Testing

/// A call that looks at a file fails: whoever asks is told so by a typed error, or gets the right answer; what could not be read is never absent.
@Suite(.disabled(if: isSanitized, "a sanitizer has its own open and read"))
struct ReadFaultTests {
    /// With `opens` only what opens a file fails.
    @Test(arguments: CrashStore.all, [(EIO, ""), (EMFILE, "opens"), (ENFILE, "opens")])
    func whatCannotBeReadIsNotAbsent(_ store: CrashStore, _ fault: (errno: Int32, calls: String)) throws {
        let place = try CrashTemplate.of(store).copy()
        defer { removeTree(place.root) }
        let words = ["unreadable", place.root.string, store.name, "\(fault.errno)"]
        let result = try run(productPath("StrataProbe"), words + (fault.calls.isEmpty ? [] : [fault.calls]))
        #expect(result.status == 0, "\(result.outText.suffix(500)) \(result.errText)")
        var right: [Substring: Substring] = [:]
        var failures: [Substring: Int] = [:]
        for line in result.outText.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard fields.count == 3 else {
                Issue.record("\(line)")
                continue
            }
            let (question, call, answer) = (fields[0], fields[1], fields[2])
            guard let expected = right[question] else {
                right[question] = answer
                continue
            }
            if answer.hasPrefix("error ") { failures[question, default: 0] += 1 }
            #expect(answer == expected || answer == "error unavailable", "\(question), \(call) fails: not \(expected)")
        }
        #expect(right.count > 10)
        #expect(right["read refs/heads/main"]?.count == 40 && right["read refs/heads/none"] == "absent")
        for question in ["read refs/heads/main", "list all", "hold"] {
            #expect(failures[Substring(question), default: 0] > 0, "nothing failed: \(question)")
        }
    }
}
