import StrataModel
import Synchronization

/// Whether the objects that are received are well-formed, and what their trees have as `.gitmodules` and `.gitattributes` is harmless. From any thread.
final class ReceivedSyntax: Sendable {
    private let checker: Mutex<ObjectChecker>
    private let rules: ObjectRules
    private let tell: ReceivedProblems?

    init(_ algorithm: HashAlgorithm, rules: ObjectRules, tell: ReceivedProblems?) {
        checker = Mutex(ObjectChecker(algorithm, rules: rules))
        self.rules = rules
        self.tell = tell
    }

    /// - Parameter bytes: nil = too many to be in memory.
    /// - Throws: `corrupt` where there is an error.
    func check(_ id: ObjectID, _ kind: ObjectKind, _ bytes: Span<UInt8>?) throws(ObjectError) {
        let findings: [ObjectFinding]
        if let bytes, kind != .blob {
            if rules.skipped.contains(id) { return }
            let report = ObjectSyntax.check(kind, bytes, algorithm: id.algorithm, rules: rules)
            if !report.modules.isEmpty || !report.attributes.isEmpty { checker.withLock { $0.note(report) } }
            findings = report.findings
        } else if let bytes {
            findings = checker.withLock { $0.check(kind, bytes, as: id) }
        } else {
            findings = checker.withLock { $0.checkLargeBlob(id) }
        }
        if tell(findings, of: id) {
            throw ObjectError(.corrupt, object: id, "fsck error in packed object")
        }
    }

    /// Checks what could not be checked when it came by.
    ///
    /// - Parameters:
    ///   - missingIsError: whether blobs that are missing count as what the rules say.
    ///   - read: reads an object, of what was received or of the store; nil = it is not there.
    /// - Returns: else, those among them that are `.gitmodules`: somebody else may have them.
    func finish(
        missingIsError: Bool = false, _ read: (ObjectID) throws(ObjectError) -> ObjectContents?
    ) throws(ObjectError) -> [ObjectID] {
        var checker = checker.withLock { $0 }
        var (missing, hasFailed) = ([ObjectID](), false)
        for (id, finding) in try checker.finish(reading: read) {
            if !missingIsError, finding.problem == .gitmodulesMissing {
                missing.append(id)
            } else if tell([finding], of: id) {
                hasFailed = true
            }
        }
        if hasFailed { throw ObjectError(.corrupt, "fsck error in pack objects") }
        return missing
    }

    private func tell(_ findings: [ObjectFinding], of id: ObjectID) -> Bool {
        for finding in findings {
            if let cause = finding.cause { tell?(ReceivedProblem(id, cause)) }
            tell?(ReceivedProblem(id, finding))
        }
        return findings.contains(where: \.isError)
    }
}
