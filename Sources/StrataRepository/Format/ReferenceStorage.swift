/// Where a repository keeps its references: the value of `extensions.refStorage` or `GIT_REFERENCE_BACKEND`.
///
/// Written as `<format>` or `<format>://<payload>`; what the payload means is the format's affair.
public struct ReferenceStorage: Sendable, Hashable {
    /// The formats whose names are known. Knowing a name is not yet having a store for it.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// Loose files and `packed-refs`, as git always had them.
        case files
        /// Git's binary tables.
        case reftable
        /// An LMDB environment.
        case lmdb
    }

    public let format: Format
    /// What stands after `://`; nil when there is no `://`.
    public let payload: [UInt8]?

    public init(format: Format, payload: [UInt8]? = nil) {
        self.format = format
        self.payload = payload
    }

    /// The parts of `text`, split at the first `://`.
    static func split(_ text: [UInt8]) -> (format: [UInt8], payload: [UInt8]?) {
        let separator = Array("://".utf8)
        guard text.count >= 3, let at = (0...(text.count - 3)).first(where: { text[$0..<$0 + 3] == separator[...] })
        else { return (text, nil) }
        return (Array(text[..<at]), Array(text[(at + 3)...]))
    }

    /// What `text` says, or nil when the format is not known.
    public init?(_ text: [UInt8]) {
        let (name, payload) = Self.split(text)
        guard let format = Format(rawValue: String(decoding: name, as: UTF8.self)) else { return nil }
        self.init(format: format, payload: payload)
    }

    /// The storage that `GIT_REFERENCE_BACKEND` asks for, before what the repository says; nil when it is not set.
    ///
    /// - Throws: `RepositoryError.Code.badEnvironment` when the format is not known.
    public static func override(_ environment: RepositoryEnvironment) throws(RepositoryError) -> ReferenceStorage? {
        guard let text = environment.value("GIT_REFERENCE_BACKEND") else { return nil }
        guard let storage = ReferenceStorage(text) else {
            throw RepositoryError(.badEnvironment, "unknown ref storage format: '\(split(text).format)'")
        }
        return storage
    }
}
