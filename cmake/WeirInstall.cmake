# What `cmake --install` puts where: the program, the library in both forms, the header, weir.pc for
# pkg-config, and the CMake package (find_package(weir), COMPONENTS static for libweir.a).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

function(weir_install)
    if(TARGET weir)
        install(TARGETS weir RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
    if(NOT TARGET libweir)
        return()
    endif()
    install(FILES include/weir.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(TARGETS libweir EXPORT weirTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
    install(TARGETS libweir_static EXPORT weirStaticTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

    set(package ${CMAKE_INSTALL_LIBDIR}/cmake/weir)
    install(EXPORT weirTargets NAMESPACE weir:: DESTINATION ${package})
    install(EXPORT weirStaticTargets NAMESPACE weir:: DESTINATION ${package})
    # pkg_check_modules calls for libweir.a's libraries, as this build made them.
    set(WEIR_FIND_STATIC "")
    set(WEIR_PC_LIBS "")
    foreach(dependency IN LISTS WEIR_DEPENDENCIES)
        string(REGEX MATCH "^([^ ]+) (.*)$" _ "${dependency}")
        string(APPEND WEIR_FIND_STATIC
            "    pkg_check_modules(${CMAKE_MATCH_1} REQUIRED IMPORTED_TARGET ${CMAKE_MATCH_2})\n")
        list(APPEND WEIR_PC_LIBS ${${CMAKE_MATCH_1}_LIBRARIES})
    endforeach()
    list(APPEND WEIR_PC_LIBS ${WEIR_PLAIN_LIBRARIES})
    list(TRANSFORM WEIR_PC_LIBS PREPEND "-l")
    list(JOIN WEIR_PC_LIBS " " WEIR_PC_LIBS)
    configure_package_config_file(cmake/weirConfig.cmake.in
        "${PROJECT_BINARY_DIR}/package/weirConfig.cmake" INSTALL_DESTINATION ${package})
    write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/weirConfigVersion.cmake"
        COMPATIBILITY SameMinorVersion)
    install(FILES "${PROJECT_BINARY_DIR}/package/weirConfig.cmake"
        "${PROJECT_BINARY_DIR}/package/weirConfigVersion.cmake" DESTINATION ${package})
    # ${pcfiledir} keeps the file true under `cmake --install --prefix` and when moved.
    file(RELATIVE_PATH WEIR_PC_PREFIX "/x/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/x")
    string(REGEX REPLACE "/$" "" WEIR_PC_PREFIX "${WEIR_PC_PREFIX}")
    configure_file(cmake/weir.pc.in "${PROJECT_BINARY_DIR}/package/weir.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/package/weir.pc"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
