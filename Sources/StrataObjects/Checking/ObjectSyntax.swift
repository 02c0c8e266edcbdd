public import StrataModel

/// Checks whether the contents of objects are what git writes: the part of `git fsck` that needs one object alone. Answers to git's `fsck.c`:
/// the same problems, messages and order.
///
/// Whether what an object names exists, and is of the right kind, is not asked.
public enum ObjectSyntax {
    /// Checks an object's contents.
    public static func check(
        _ kind: ObjectKind, _ bytes: Span<UInt8>, algorithm: HashAlgorithm, rules: ObjectRules = ObjectRules()
    ) -> ObjectReport {
        var report = ObjectReport()
        unsafe bytes.withUnsafeBytes { bytes in
            switch kind {
            case .blob: break
            case .tree: unsafe TreeSyntax.check(bytes, algorithm, rules, &report)
            case .commit: unsafe HeaderSyntax(bytes, algorithm, rules).checkCommit(&report)
            case .tag: unsafe HeaderSyntax(bytes, algorithm, rules).checkTag(&report)
            }
        }
        return report
    }
}
