import StrataHash
import StrataIO
import StrataModel
import Synchronization

extension PackScan {
    /// Reads a pack whose index tells where its entries stand, by several threads; nil where anything is not as it should be. What that is, who reads it from
    /// the start to the end will say.
    ///
    /// - Parameters:
    ///   - checks: those that are made of one object by itself.
    init?(
        _ file: MappedBytes, as index: PackIndex, threads: Int, _ limits: ReceivingLimits, checks: ReceivedChecks,
        progress: ProgressReport?
    ) {
        guard let entries = try? ReverseIndex(index),
            let work = Work(file, entries, index.algorithm, limits, checks, progress, threads: threads)
        else { return nil }
        Threads.run(threads) { _ in work.run() }
        guard let (parts, checksum) = work.result() else { return nil }
        self.init(work.records, parts, checksum)
        order = entries
    }

    /// What the threads share: parts of the pack, of which each takes the next, and the checksum of the whole, which is taken first.
    private final class Work: Sendable {
        let records: PackRecords
        private let file: MappedBytes
        private let entries: ReverseIndex
        private let end: Int
        private let algorithm: HashAlgorithm
        private let limits: ReceivingLimits
        private let checks: ReceivedChecks
        private let progress: ProgressReport?
        private let next = Atomic<Int>(-1)
        private let done = Atomic<Int>(0)
        private let failed = Atomic<Bool>(false)
        private let found: Mutex<(parts: [Part?], checksum: ObjectID?)>

        /// The number of entries of a part.
        private let share: Int

        init?(
            _ file: MappedBytes, _ entries: ReverseIndex, _ algorithm: HashAlgorithm, _ limits: ReceivingLimits,
            _ checks: ReceivedChecks, _ progress: ProgressReport?, threads: Int
        ) {
            let input = PackInput(file, algorithm: algorithm, limit: nil)
            guard entries.count > 0, (try? PackScan.header(input)) == entries.count, entries.offset(0) == input.offset,
                entries.offset(entries.count - 1) < file.count - algorithm.byteCount
            else { return nil }
            self.file = file
            self.entries = entries
            self.algorithm = algorithm
            self.limits = limits
            self.checks = checks
            self.progress = progress
            end = file.count - algorithm.byteCount
            share = max(1, min(1024, entries.count / threads / 4))
            records = PackRecords(unset: entries.count)
            found = Mutex((Array(repeating: nil, count: (entries.count + share - 1) / share), nil))
        }

        func run() {
            do throws(ObjectError) {
                try Inflater.with { (failure) -> ObjectError in
                    ObjectError(.unavailable, file: file.path.text, failure.cause)
                } _: { inflater throws(ObjectError) in
                    defer { inflater.trim() }
                    while !failed.load(ordering: .relaxed), try takePart(inflater) {}
                }
            } catch {
                failed.store(true, ordering: .relaxed)
            }
        }

        private func takePart(_ inflater: Inflater) throws(ObjectError) -> Bool {
            let number = next.add(1, ordering: .relaxed).oldValue
            if number < 0 {
                var hasher = ChecksumHasher(algorithm)
                unsafe hasher.update(UnsafeRawBufferPointer(rebasing: file.bytes[..<end]))
                let checksum = hasher.finish()
                found.withLock { $0.checksum = checksum }
                return true
            }
            let first = number * share
            guard first < entries.count else { return false }
            let last = min(first + share, entries.count)
            let input = PackInput(file, from: entries.offset(first), algorithm: algorithm, limit: nil)
            // What is wrong is told of by who reads all of it.
            let reader = EntryReader(
                input: input, algorithm: algorithm, limits: limits, inflater: inflater, tell: nil)
            var part = Part()
            for index in first..<last {
                guard input.offset == entries.offset(index) else { throw reader.bad(input.offset, "no entry") }
                records[index] = try part.read(index, reader, checks) { base in
                    entries.rank(of: base).flatMap { $0 < index ? $0 : nil }
                }
            }
            guard input.offset == (last < entries.count ? entries.offset(last) : end) else {
                throw reader.bad(input.offset, "no entry")
            }
            found.withLock { $0.parts[number] = part }
            progress?.at(done.add(last - first, ordering: .relaxed).newValue, of: entries.count)
            return true
        }

        /// What was found, if all is well.
        func result() -> (parts: [Part], checksum: ObjectID)? {
            let (parts, checksum) = found.withLock { ($0.parts.compactMap { $0 }, $0.checksum) }
            guard !failed.load(ordering: .relaxed), parts.count == (entries.count + share - 1) / share,
                let checksum, file.id(end, algorithm) == checksum, (try? file.checkWhole()) != nil
            else { return nil }
            return (parts, checksum)
        }
    }
}
