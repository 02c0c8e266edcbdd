public import StrataModel

/// Checks many objects, and at the end the blobs that their trees have as `.gitmodules` and `.gitattributes`, which may come in any order or lie in the store
/// already. Git's functions: `fsck_buffer` and `fsck_finish`. For one thread at a time; what several threads found can be put together.
public struct ObjectChecker: Sendable {
    public let rules: ObjectRules
    private let algorithm: HashAlgorithm
    /// The blobs that trees have under these names, and whether they have been checked.
    private var modules: [ChosenID: Bool] = [:]
    private var attributes: [ChosenID: Bool] = [:]

    public init(_ algorithm: HashAlgorithm, rules: ObjectRules = ObjectRules()) {
        self.algorithm = algorithm
        self.rules = rules
    }

    /// Checks an object's contents, and notes what is to be looked at in the end.
    public mutating func check(_ kind: ObjectKind, _ bytes: Span<UInt8>, as id: ObjectID) -> [ObjectFinding] {
        if rules.skipped.contains(id) { return [] }
        if kind == .blob { return checkBlob(id, bytes) }
        let report = ObjectSyntax.check(kind, bytes, algorithm: algorithm, rules: rules)
        note(report)
        return report.findings
    }

    /// Notes what is to be looked at in the end, of a tree that was checked elsewhere.
    mutating func note(_ report: ObjectReport) {
        for id in report.modules.lazy.map(ChosenID.init) where modules[id] == nil { modules[id] = false }
        for id in report.attributes.lazy.map(ChosenID.init) where attributes[id] == nil { attributes[id] = false }
    }

    /// Checks a blob that was too large to be read, if it has to be.
    public mutating func checkLargeBlob(_ id: ObjectID) -> [ObjectFinding] {
        rules.skipped.contains(id) ? [] : checkNamed(id, nil)
    }

    /// A blob that no tree was seen to have so far is looked at in the end.
    private mutating func checkBlob(_ id: ObjectID, _ bytes: Span<UInt8>) -> [ObjectFinding] {
        guard modules[ChosenID(id)] == false || attributes[ChosenID(id)] == false else { return [] }
        return checkNamed(id, unsafe bytes.withUnsafeBytes { unsafe Array($0) })
    }

    private mutating func checkNamed(_ id: ObjectID, _ bytes: [UInt8]?) -> [ObjectFinding] {
        var findings: [ObjectFinding] = []
        let key = ChosenID(id)
        if modules[key] == false {
            modules[key] = true
            findings += ObjectSyntax.modules(bytes, rules: rules).findings
        }
        if attributes[key] == false {
            attributes[key] = true
            findings += ObjectSyntax.attributes(bytes, rules: rules).findings
        }
        return findings
    }

    /// Takes over what another checker has noted.
    public mutating func merge(_ other: ObjectChecker) {
        modules.merge(other.modules) { $0 || $1 }
        attributes.merge(other.attributes) { $0 || $1 }
    }

    /// The blobs that were noted and have not been checked, in the order of their ids.
    public var pending: [ObjectID] {
        Set((modules.filter { !$0.value }).keys).union((attributes.filter { !$0.value }).keys).map(\.id).sorted()
    }

    /// Checks the blobs that were noted and have not been, as `store` has them.
    ///
    /// - Parameters:
    ///   - store: nil = there is none, and they are missing.
    ///   - limit: the size from which on a blob is too large to be looked at.
    ///   - isPromised: whether an object that is missing will come from elsewhere.
    /// - Throws: what reading throws, but for damage, which is a finding.
    public mutating func finish(
        in store: (any ObjectStore)?, limit: Int, isPromised: (ObjectID) -> Bool = { _ in false }
    ) throws(ObjectError) -> [(id: ObjectID, finding: ObjectFinding)] {
        try finish(reading: { id throws(ObjectError) in try store?.read(id, limit: limit) }, isPromised: isPromised)
    }

    /// The same, of blobs that `read` reads; nil = it is missing. Where it throws `tooLarge`, the blob is too large to be looked at.
    mutating func finish(
        reading read: (ObjectID) throws(ObjectError) -> ObjectContents?, isPromised: (ObjectID) -> Bool = { _ in false }
    ) throws(ObjectError) -> [(id: ObjectID, finding: ObjectFinding)] {
        var found: [(id: ObjectID, finding: ObjectFinding)] = []
        for id in pending where !rules.skipped.contains(id) {
            let name = modules[ChosenID(id)] == false ? ".gitmodules" : ".gitattributes"
            var report = ObjectReport()
            do throws(ObjectError) {
                if let contents = try read(id) {
                    if contents.kind == .blob {
                        report.findings = checkNamed(id, contents.bytes)
                    } else {
                        let problem: ObjectProblem = name == ".gitmodules" ? .gitmodulesBlob : .gitattributesBlob
                        report.add(problem, "non-blob found at \(name)", rules)
                    }
                } else if !isPromised(id) {
                    addMissing(id, to: &report)
                }
            } catch {
                switch error.code {
                case .tooLarge: report.findings = checkNamed(id, nil)
                case .corrupt: addMissing(id, to: &report)
                default: throw error
                }
            }
            found += report.findings.map { (id, $0) }
        }
        modules.removeAll()
        attributes.removeAll()
        return found
    }

    private func addMissing(_ id: ObjectID, to report: inout ObjectReport) {
        if modules[ChosenID(id)] == false { report.add(.gitmodulesMissing, "unable to read .gitmodules blob", rules) }
        if attributes[ChosenID(id)] == false {
            report.add(.gitattributesMissing, "unable to read .gitattributes blob", rules)
        }
    }
}
