import StrataRepository

/// What the configuration says of packs' indexes.
struct PackSettings {
    var indexVersion = 2
    var threads = 0
    var writesReverseIndex = true

    init(_ config: Config) throws(CommandExit) {
        let (version, threads, reverse): (Int?, Int?, Bool?)
        do throws(RepositoryError) {
            version = try config.int("pack.indexversion")
            threads = try config.int("pack.threads")
            reverse = try config.bool("pack.writereverseindex")
        } catch {
            throw CommandExit(error)
        }
        if let version {
            guard (0...2).contains(version) else {
                throw .fatal("bad pack.indexVersion=\(UInt32(truncatingIfNeeded: version))")
            }
            indexVersion = version
        }
        if let threads {
            guard threads >= 0 else { throw .fatal("invalid number of threads specified (\(threads))") }
            self.threads = threads
        }
        writesReverseIndex = reverse ?? true
    }
}
