import StrataModel
import StrataObjects

/// The objects that histories are about: of every kind, empty, large, with ids that begin alike, and ones of which packing makes deltas.
struct ObjectHistoryPool: Sendable {
    let contents: [ObjectContents]
    let ids: [ObjectID]

    init(_ algorithm: HashAlgorithm) throws {
        contents = Self.all(algorithm)
        ids = try contents.map { try $0.id(algorithm) }
    }

    var count: Int { contents.count }

    private static func all(_ algorithm: HashAlgorithm) -> [ObjectContents] {
        let long = (0..<60).map { "line \($0) of a text that changes little\n" }
        let versions = (0..<4).map { version -> ObjectContents in
            var lines = long
            lines[version * 9] = "changed in version \(version)\n"
            return .blob(lines.joined())
        }
        let alike = LikeIDs.of(algorithm)
        let pairs = [4, 5].flatMap { (try? alike.pair(sharing: $0)) ?? [] }
        return [
            ObjectContents(kind: .blob, bytes: []), ObjectContents(kind: .tree, bytes: []), .blob("a"), .blob("b"),
            .tree(algorithm), .commit(algorithm), .tag(of: .commit(algorithm), algorithm),
            ObjectContents(kind: .commit, bytes: []), .blob(random: 150_000, seed: 77),
            ObjectContents(kind: .blob, bytes: [UInt8](repeating: 0x20, count: 90_000)),
        ] + versions + pairs
    }

    private static let sha1Words = all(.sha1).map(\.words)

    /// What an object is, in words.
    static func words(_ object: Int) -> String { sha1Words.indices.contains(object) ? sha1Words[object] : "?" }

    /// The objects among `known` whose ids begin with the first `digits` of an object's, in their order.
    func found(_ known: Set<Int>, _ digits: some StringProtocol) -> [ObjectID] {
        known.map { ids[$0] }.filter { $0.hex.hasPrefix(digits) }.sorted()
    }
}
