import StrataIO
import StrataModel
import Synchronization
import SystemPackage

/// The ids of one directory's loose objects by their first byte, kept until the directory of that byte changes: what abbreviations are looked for in.
///
/// Asking costs one `stat` when nothing has changed. Bounded in ids; safe to share between threads.
final class LooseShards: Sendable {
    private struct Shard {
        let stamp: StatStamp
        let ids: [ObjectID]
    }

    private struct State {
        var shards: [UInt8: Shard] = [:]
        /// How often what was known was forgotten.
        var forgotten = 0
        var count = 0
    }

    private let directory: BytePath
    private let algorithm: HashAlgorithm
    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: the most ids that are kept, if one shard has no more.
    init(_ directory: BytePath, _ algorithm: HashAlgorithm, limit: Int = 1 << 17) {
        self.directory = directory
        self.algorithm = algorithm
        self.limit = limit
    }

    /// Whether a list that was made once, now if it has not been, tells that there is no such object. Never, when there are too many to keep, or some were
    /// written through this: then asking the system costs less.
    func knowsAbsent(_ id: ObjectID) -> Bool {
        let byte = id.byte(at: 0)
        let (known, isUseful) = state.withLock { ($0.shards[byte], $0.forgotten == 0 && $0.count < limit) }
        guard isUseful, let ids = try? known?.ids ?? ids(byte) else { return false }
        return ids.position(of: id) == nil
    }

    /// The directory of the objects whose first byte is `byte`.
    func path(_ byte: UInt8) -> BytePath { directory.appending(Self.name(byte)) }

    private static func name(_ byte: UInt8) -> [UInt8] { [digit(byte >> 4), digit(byte & 15)] }

    static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    /// The ids whose first byte is `byte`, in their order.
    func ids(_ byte: UInt8, _ reading: ShardReading = ShardReading()) throws(ObjectError) -> [ObjectID] {
        let (known, forgotten) = state.withLock { ($0.shards[byte], $0.forgotten) }
        if reading.asKnown, let known { return known.ids }
        do throws(FileError) {
            let stamp: StatStamp
            if let given = reading.stamp(byte) { stamp = given } else { stamp = try StatStamp.of(path(byte).filePath) }
            if let known, stamp.provesUnchanged(since: known.stamp) { return known.ids }
            let ids = try list(byte, path(byte))
            keep(Shard(stamp: stamp, ids: ids), byte, since: forgotten)
            return ids
        } catch {
            throw .unavailable(error)
        }
    }

    /// Forgets what is known of the objects whose first byte is `byte`: this process has written one.
    func forget(_ byte: UInt8) {
        state.withLock { state in
            state.forgotten += 1
            state.count -= state.shards.removeValue(forKey: byte)?.ids.count ?? 0
        }
    }

    /// Keeps a list that was begun before anything else was forgotten.
    private func keep(_ shard: Shard, _ byte: UInt8, since forgotten: Int) {
        state.withLock { state in
            guard state.forgotten == forgotten else { return }
            state.count += shard.ids.count - (state.shards.updateValue(shard, forKey: byte)?.ids.count ?? 0)
            while state.count > limit, let other = state.shards.keys.first(where: { $0 != byte }) {
                state.count -= state.shards.removeValue(forKey: other)?.ids.count ?? 0
                state.forgotten += 1
            }
        }
    }

    /// The ids that the directory has now, in their order.
    func list(_ byte: UInt8) throws(ObjectError) -> [ObjectID] {
        do throws(FileError) { return try list(byte, path(byte)) } catch { throw .unavailable(error) }
    }

    /// The ids that the directory has now, in whatever order.
    func listUnsorted(_ byte: UInt8) throws(ObjectError) -> [ObjectID] {
        do throws(FileError) { return try read(byte, path(byte)) } catch { throw .unavailable(error) }
    }

    private func list(_ byte: UInt8, _ path: BytePath) throws(FileError) -> [ObjectID] { try read(byte, path).sorted() }

    private func read(_ byte: UInt8, _ path: BytePath) throws(FileError) -> [ObjectID] {
        var ids: [ObjectID] = []
        guard var reader = try DirectoryReader(path.filePath) else { return [] }
        let prefix = Self.name(byte)
        while try reader.next() {
            let id = reader.withName { Self.id(prefix, $0, algorithm) }
            if let id { ids.append(id) }
        }
        return ids
    }

    /// The object that a file in the directory of `byte` is; nil when it is none.
    func id(_ byte: UInt8, _ name: Span<UInt8>) -> ObjectID? { Self.id(Self.name(byte), name, algorithm) }

    /// The id that a file is named by, in the directory of its first two digits; nil when it is no object's. The digits are lower-case: others are not
    /// looked for.
    static func id(_ prefix: [UInt8], _ name: Span<UInt8>, _ algorithm: HashAlgorithm) -> ObjectID? {
        guard name.count == algorithm.hexCount - 2 else { return nil }
        var hex: [64 of UInt8] = .init(repeating: 0)
        hex[0] = prefix[0]
        hex[1] = prefix[1]
        for place in 0..<name.count {
            if name[place] &- 0x41 < 6 { return nil }
            hex[place + 2] = name[place]
        }
        return ObjectID(hex: hex.span.extracting(first: algorithm.hexCount))
    }
}
