import StrataHash
import StrataModel

/// One thread's part in resolving deltas: depth first, so that an object's contents go when the last delta against it has been applied.
final class DeltaWorker {
    private let work: DeltaResolution
    private let inflater: Inflater
    /// The objects on the way down that have more deltas against them, from the first to the deepest.
    private var frames: [DeltaFrame] = []
    /// The bytes that ``frames`` hold, and those among them that have let theirs go.
    private var held = 0
    private var firstHeld = 0
    /// The contents of an object that is not in the mapped pack.
    var given: (record: Int, bytes: [UInt8])?

    init(_ work: DeltaResolution, _ inflater: Inflater) {
        self.work = work
        self.inflater = inflater
    }

    /// Resolves all deltas that hang on an object.
    func resolve(from frame: DeltaFrame) throws(ObjectError) {
        push(frame)
        while let top = frames.indices.last {
            if work.hasFailed { return }
            guard let delta = frames[top].pop(work) else {
                pop()
                continue
            }
            if frames[top].bytes == nil { try fetch(top) }
            guard let base = frames[top].bytes else { continue }
            let owner = frames[top].record
            // Of the last one nothing is kept: a chain of deltas holds one object.
            if frames[top].isEmpty { pop() }
            let result = try apply(delta, to: base, of: owner)
            work.count()
            if let next = work.frame(of: delta, bytes: result) { push(next) }
            if work.isWanted { share() }
        }
    }

    private func push(_ frame: DeltaFrame) {
        frames.append(frame)
        held += frame.bytes?.count ?? 0
        trim()
    }

    private func pop() {
        if let last = frames.popLast() { held -= last.bytes?.count ?? 0 }
        firstHeld = min(firstHeld, frames.count)
    }

    /// Lets go of what is needed last, where all is too much. The deepest is needed next.
    private func trim() {
        while held > work.limits.deltaBases, firstHeld < frames.count - 1 {
            held -= frames[firstHeld].bytes?.count ?? 0
            frames[firstHeld].bytes = nil
            firstHeld += 1
        }
    }

    /// Gives the part of the work that is farthest from done to another thread.
    private func share() {
        for place in frames.indices where !frames[place].isEmpty {
            if place < frames.count - 1 {
                let given = frames.remove(at: place)
                held -= given.bytes?.count ?? 0
                firstHeld = min(firstHeld, place)
                return work.offer(given)
            }
            if let given = frames[place].split(work.records) { work.offer(given) }
            return
        }
    }

    // MARK: - Contents

    /// Applies the delta at an entry, names the result and checks it.
    private func apply(_ index: Int, to base: [UInt8], of owner: Int) throws(ObjectError) -> [UInt8] {
        let result = try contents(of: index, on: base)
        guard let kind = ObjectKind(rawValue: work.records[owner].kind) else { throw failed(index) }
        let id = try ObjectHasher.id(of: kind, result.span, algorithm: work.algorithm)
        work.records[index].base = UInt32(owner)
        work.records[index].id = id
        work.records[index].kind = kind.rawValue
        try work.checks?.check(id, kind, result.span)
        return result
    }

    /// What the delta at an entry makes of its base.
    private func contents(of index: Int, on base: [UInt8]) throws(ObjectError) -> [UInt8] {
        let entry = try entry(index)
        guard let bytes = unsafe try? inflater.temporary(input(entry), size: entry.size).bytes,
            let delta = unsafe Delta(bytes), delta.baseSize == base.count, delta.canGiveSize
        else { throw failed(index) }
        guard delta.size <= work.limits.objectSize else {
            throw .tooLargeEntry(work.name, at: entry.offset, delta.size)
        }
        try work.spend(delta.size, at: entry.offset)
        var outcome = Delta.Outcome.unfit
        let result = unsafe [UInt8](unsafeUninitializedCapacity: delta.size) { buffer, count in
            outcome = unsafe base.withUnsafeBytes {
                unsafe delta.apply(to: $0, into: UnsafeMutableRawBufferPointer(buffer))
            }
            count = outcome == .good ? delta.size : 0
        }
        guard outcome == .good else {
            if let message = outcome.message { work.checks?.tell?(ReceivedProblem(nil, message)) }
            throw failed(index)
        }
        return result
    }

    private func failed(_ index: Int) -> ObjectError {
        .badEntry(work.name, at: work.records[index].offset, "failed to apply delta")
    }

    /// Puts the contents of the frame at a place back, from those above it or from the pack.
    private func fetch(_ place: Int) throws(ObjectError) {
        var chain: [Int] = []
        var index = frames[place].record
        var above = place - 1
        var bytes: [UInt8]
        while true {
            if above >= 0, frames[above].record == index {
                if let known = frames[above].bytes {
                    bytes = known
                    break
                }
                above -= 1
            }
            if !work.records[index].isDelta {
                bytes = try whole(index)
                break
            }
            chain.append(index)
            index = Int(work.records[index].base)
        }
        while let delta = chain.popLast() { bytes = try contents(of: delta, on: bytes) }
        frames[place].bytes = bytes
        held += bytes.count
        firstHeld = min(firstHeld, place)
        trim()
    }

    /// The object of an entry that is no delta.
    private func whole(_ index: Int) throws(ObjectError) -> [UInt8] {
        if let given, given.record == index { return given.bytes }
        let entry = try entry(index)
        guard entry.size <= work.limits.objectSize else {
            throw .tooLargeEntry(work.name, at: entry.offset, entry.size)
        }
        do throws(InflateFailure) {
            return unsafe try inflater.bytes(input(entry), size: entry.size).bytes
        } catch {
            throw .badEntry(work.name, at: entry.offset, error.cause)
        }
    }

    private func entry(_ index: Int) throws(ObjectError) -> PackEntry {
        try PackEntry(work.pack, at: work.records[index].offset, end: work.end, work.algorithm)
    }

    private func input(_ entry: PackEntry) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: work.pack.bytes[entry.data..<work.end])
    }
}
