/* SPDX-License-Identifier: Apache-2.0 */
package weir.bench;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/**
 * One bound for the memory of all stores of the process, as Kafka's documentation recommends it:
 * blocks, their index and filters, and write buffers share one cache.
 */
public final class BoundedMemory implements RocksDBConfigSetter {
    static final String MIB = "weir.bench.memory.mib";
    private static Cache cache;
    private static WriteBufferManager buffers;

    private static synchronized void open(long bytes) {
        if (cache == null) {
            cache = new LRUCache(bytes, -1, false, 0.1);
            buffers = new WriteBufferManager(bytes / 4, cache);
        }
    }

    @Override
    public void setConfig(String store, Options options, Map<String, Object> configs) {
        open(Long.parseLong(configs.get(MIB).toString()) << 20);
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(cache);
        table.setCacheIndexAndFilterBlocks(true);
        table.setCacheIndexAndFilterBlocksWithHighPriority(true);
        table.setPinTopLevelIndexAndFilter(true);
        table.setIndexType(org.rocksdb.IndexType.kTwoLevelIndexSearch);
        table.setPartitionFilters(true);
        table.setFilterPolicy(new BloomFilter(10, false));
        options.setWriteBufferManager(buffers);
        options.setTableFormatConfig(table);
    }

    @Override
    public void close(String store, Options options) {
        // The cache is shared by all stores and lives as long as the process.
    }
}
