import StrataIO
import StrataModel

/// One run over a pack. For one thread.
final class UnpackRun {
    private let unpacker: PackUnpacker
    private let input: PackInput
    private let inflater: Inflater
    private let target: any ObjectStore
    private let checks: UnpackedChecks?

    /// Where the entries start, and what they are: zero as long as that is not known.
    private var offsets: [Int] = []
    private var ids: [ObjectID] = []
    private var waiting = WaitingDeltas()
    private var hasErrors = false
    private var worked: UInt64 = 0

    private var algorithm: HashAlgorithm { target.algorithm }

    init(
        _ unpacker: PackUnpacker, _ input: PackInput, _ inflater: Inflater, _ target: any ObjectStore,
        _ checks: UnpackedChecks?
    ) {
        self.unpacker = unpacker
        self.input = input
        self.inflater = inflater
        self.target = target
        self.checks = checks
    }

    func run() throws(ObjectError) -> PackUnpacker.Result {
        let count: Int
        do throws(ObjectError) { count = try PackScan.header(input) } catch { throw Self.headerFailure(error) }
        let progress = ProgressReport(.unpacking, unpacker.progress)
        for number in 0..<count {
            try readEntry()
            progress?.at(number + 1, of: count)
        }
        if !waiting.isEmpty { throw failure("unresolved deltas left after unpacking") }
        let checksum = try input.checksum()
        try checks?.finish(in: target, limit: unpacker.limits.bigFileThreshold)
        try input.need(algorithm.byteCount)
        guard unsafe ObjectID(input.window, at: 0, algorithm) == checksum else {
            throw failure("final sha1 did not match")
        }
        try input.use(algorithm.byteCount)
        return PackUnpacker.Result(count: count, isWhole: !hasErrors, rest: input.rest)
    }

    /// The words that git has for it here.
    private static func headerFailure(_ error: ObjectError) -> ObjectError {
        guard error.code == .corrupt, let offset = error.offset else { return error }
        var cause = error.cause
        if cause == "pack signature mismatch" {
            cause = "bad pack file"
        } else if cause.hasPrefix("pack version ") {
            cause = "unknown pack file version " + cause.dropFirst(13).prefix { $0 != " " }
        }
        return ObjectError(.corrupt, file: error.file, offset: offset, cause)
    }

    // MARK: - Entries

    private func readEntry() throws(ObjectError) {
        let offset = input.offset
        offsets.append(offset)
        ids.append(.zero(algorithm))
        guard let header = try header(at: offset) else { return }
        let number = offsets.count - 1
        switch header.body {
        case .object(.blob) where header.size > unpacker.limits.bigFileThreshold && !unpacker.isDryRun:
            let id = try write(PackedBlobStream(input, size: header.size, tell: unpacker.problems))
            try settle(number, id, nil)
        case .object(let kind):
            guard let bytes = try inflate(header.size, at: offset) else { return }
            try settle(number, try write(kind, bytes), ObjectContents(kind: kind, bytes: bytes))
        case .referenceDelta(let base):
            guard let delta = try inflate(header.size, at: offset) else { return }
            if let contents = try target.read(base, limit: unpacker.limits.objectSize) {
                try resolve(number, delta, contents)
            } else {
                try wait(.object(ChosenID(base)), number, delta)
            }
        case .offsetDelta(let base):
            guard let delta = try inflate(header.size, at: offset) else { return }
            guard let id = id(at: base) else { return try wait(.offset(base), number, delta) }
            guard let contents = try target.read(id, limit: unpacker.limits.objectSize) else {
                return try problem("failed to read delta-pack base object \(id)")
            }
            try resolve(number, delta, contents)
        }
    }

    /// Passes over the header of the next entry; nil when its type is unknown and that is to be passed over.
    private func header(at offset: Int) throws(ObjectError) -> EntryHeader? {
        while true {
            let header: EntryHeader?
            do throws(EntryFailure) {
                header = unsafe try EntryHeader(input.window, at: offset, algorithm)
            } catch {
                switch error {
                case .unknownType(let type):
                    let length = unsafe input.window.firstIndex { $0 & 0x80 == 0 } ?? 0
                    try input.use(length + 1)
                    try problem("bad object type \(type)")
                    return nil
                case .baseOutOfBound: throw failure("offset value out of bound for delta base object")
                case .tooLarge, .baseOverflow: throw failure(error.cause)
                }
            }
            if let header {
                try input.use(header.length)
                return header
            }
            if try !input.more() { throw input.earlyEnd }
        }
    }

    /// Inflates the compressed data that comes next; nil when it is damaged and that is to be passed over, or when nothing is to be done with it.
    private func inflate(_ size: Int, at offset: Int) throws(ObjectError) -> [UInt8]? {
        if size <= 1 << 20, let (bytes, read) = unsafe try? inflater.temporary(input.window, size: size) {
            let copy = unsafe unpacker.isDryRun ? nil : Array(bytes)
            try input.use(read)
            return copy
        }
        let stream = try PackedStream(input, size: size, tell: unpacker.problems)
        var (bytes, piece): ([UInt8], [UInt8]) = ([], [])
        while try stream.next(&piece) {
            if unpacker.isDryRun { continue }
            bytes += piece
            // Memory grows with what there really is.
            guard bytes.count <= unpacker.limits.objectSize else { throw .tooLargeEntry(input.name, at: offset, size) }
        }
        if let code = stream.failure {
            try problem("inflate returned \(code)")
            return nil
        }
        return unpacker.isDryRun ? nil : bytes
    }

    /// The object whose entry starts at an offset, if one does and it is known.
    private func id(at offset: Int) -> ObjectID? {
        var (low, high) = (0, offsets.count)
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < offset { low = middle + 1 } else { high = middle }
        }
        guard low < offsets.count, offsets[low] == offset, !ids[low].isZero else { return nil }
        return ids[low]
    }

    // MARK: - Objects

    private var durability: Durability? { checks == nil ? nil : Durability.none }

    private func write(_ kind: ObjectKind, _ bytes: [UInt8]) throws(ObjectError) -> ObjectID {
        let id = try target.write(kind, bytes.span, durability: durability)
        try checks?.check(id, kind, bytes.span)
        return id
    }

    private func write(_ stream: PackedBlobStream) throws(ObjectError) -> ObjectID {
        let id = try target.write(stream, durability: durability)
        try checks?.check(id, .blob, nil)
        return id
    }

    /// Applies a delta, and those that wait for what it gives.
    private func resolve(_ number: Int, _ delta: [UInt8], _ base: ObjectContents) throws(ObjectError) {
        let contents = try apply(delta, to: base, at: offsets[number])
        try settle(number, try write(contents.kind, contents.bytes), contents)
    }

    /// Takes note of what an entry is, and applies the deltas that wait for it, and those that wait for what they give.
    ///
    /// - Parameter contents: nil = too many to be in memory.
    private func settle(_ number: Int, _ id: ObjectID, _ contents: ObjectContents?) throws(ObjectError) {
        ids[number] = id
        var held = contents.map { (id: id, contents: $0) }
        var due = waiting.take(offset: offsets[number], id: id).map { (delta: $0, base: id) }
        while let next = due.popLast() {
            if held?.id != next.base {
                held = nil
                guard let base = try target.read(next.base, limit: unpacker.limits.objectSize) else {
                    try problem("failed to read delta-pack base object \(next.base)")
                    continue
                }
                held = (next.base, base)
            }
            guard let base = held?.contents else { continue }
            let offset = offsets[next.delta.number]
            let result = try apply(next.delta.bytes, to: base, at: offset)
            let id = try write(result.kind, result.bytes)
            ids[next.delta.number] = id
            let more = waiting.take(offset: offset, id: id)
            if more.isEmpty { continue }
            due += more.map { ($0, id) }
            held = (id, result)
        }
    }

    private func apply(
        _ bytes: [UInt8], to base: ObjectContents, at offset: Int
    ) throws(ObjectError) -> ObjectContents {
        var failure: ObjectError?
        let result = unsafe bytes.withUnsafeBytes { raw -> [UInt8]? in
            guard let delta = unsafe Delta(raw), delta.baseSize == base.bytes.count, delta.canGiveSize else {
                return nil
            }
            worked += UInt64(delta.size)
            guard delta.size <= unpacker.limits.objectSize, worked <= unpacker.limits.work else {
                failure = .tooLargeEntry(input.name, at: offset, delta.size)
                return nil
            }
            var outcome = Delta.Outcome.unfit
            let result = unsafe [UInt8](unsafeUninitializedCapacity: delta.size) { buffer, count in
                outcome = unsafe base.bytes.withUnsafeBytes {
                    unsafe delta.apply(to: $0, into: UnsafeMutableRawBufferPointer(buffer))
                }
                count = outcome == .good ? delta.size : 0
            }
            if let message = outcome.message { unpacker.problems?(ReceivedProblem(nil, message)) }
            return outcome == .good ? result : nil
        }
        if let failure { throw failure }
        guard let result else { throw self.failure("failed to apply delta") }
        return ObjectContents(kind: base.kind, bytes: result)
    }

    private func wait(_ base: WaitingDeltas.Base, _ number: Int, _ delta: [UInt8]) throws(ObjectError) {
        waiting.add(delta, of: number, on: base)
        guard waiting.size <= unpacker.limits.objectSize else {
            throw ObjectError(
                .tooLarge, file: input.name, "the deltas that wait for their bases are more than is allowed")
        }
    }

    // MARK: - Problems

    private func failure(_ cause: String) -> ObjectError {
        ObjectError(.corrupt, file: input.name, offset: UInt64(offsets.last ?? 0), cause)
    }

    /// Tells of something that may be passed over.
    private func problem(_ message: String) throws(ObjectError) {
        unpacker.problems?(ReceivedProblem(nil, message))
        guard unpacker.recovers else { throw failure(message) }
        hasErrors = true
    }
}
